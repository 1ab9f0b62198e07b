"""A place among the words of a grammar, which moves on as they are read."""

from collections.abc import Sequence

from service.guard.grammars.lark_words import Word, is_number
from service.guard.grammars.size import Unmeasurable, count

_END = Word("end", "")


class Cursor:
    """``at`` is the next of ``all`` words; behind the last there is one of the kind ``end``."""

    def __init__(self, words: Sequence[Word]) -> None:
        self.all, self.at = words, 0

    def peek(self, ahead: int = 0) -> Word:
        """The next, or the one so many behind it; less than 0 looks back."""
        at = self.at + ahead
        return self.all[at] if at < len(self.all) else _END

    def next(self, count: int = 1) -> Word:
        """The next, and go on by so many."""
        word = self.peek()
        self.at += count
        return word

    def times(self) -> int:
        """How often what stands before is repeated, written out."""
        times = 1
        while True:
            if self.peek().text in ("*", "+", "?"):
                self.next()
            elif self.peek().text == "~" and is_number(self.peek(1)):
                self.next()
                times *= self._range("..")
            elif self.peek().text == "{":
                self.next()
                times *= self._range(",")
                if self.next().text != "}":
                    raise Unmeasurable("repetitions as {2}, {2,} or {2,3}")
            else:
                return times

    def _range(self, between: str) -> int:
        least = self._number() if is_number(self.peek()) else 0
        if self.peek().text != between:
            return max(least, 1)
        self.next()
        return max(self._number(), least, 1) if is_number(self.peek()) else least + 1

    def _number(self) -> int:
        return count(self.next().text.lstrip("+-"))
