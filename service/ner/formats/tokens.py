"""The tokens of Python dictionaries in any text, while it is being written."""

import re
from abc import abstractmethod
from collections.abc import Callable, Sequence

from service.ner.formats.reader import Reader
from service.ner.types import Label

_SPACE = re.compile(r"\s*+")
_WORD = re.compile(r"[^\s\[\]{}:,'\"]*+")
_IN_STRING = {quote: re.compile(rf"[{quote}\\\n]") for quote in "'\""}
# What may follow a string.
_FOLLOWS = ",:]}"


class Tokens(Reader):
    """Strings, punctuation and other words of every ``{…}``; what stands around them is skipped.

    A quote ends a string only where something may follow it: models forget to escape apostrophes.
    A string without an end runs to the end of its line.
    """

    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__(labels)
        self._start = self._position = 0  # of the token; of what is read next
        self._blank = 0  # up to where white space has been skipped behind a quote
        self._ended = False
        self._step: Callable[[], bool] = self._seek

    @abstractmethod
    def token(self, start: int, end: int) -> None:
        """Read one."""

    def read_on(self) -> None:
        """Every token that has ended."""
        while self._position < len(self.text) and self._step():
            pass

    def read_to_end(self) -> None:
        """The rest: what has begun ends here."""
        self._ended = True
        self.read_on()
        if self._step in (self._string, self._word):
            self._done(len(self.text))

    def _done(self, end: int) -> bool:
        self._step, self._position = self._between, end
        self.token(self._start, end)
        return True

    def _seek(self) -> bool:
        found = self.text.find("{", self._position)
        self._position = found if found >= 0 else len(self.text)
        self._step = self._between if found >= 0 else self._seek
        return found >= 0

    def _between(self) -> bool:
        self._start = self._position = _behind(_SPACE, self.text, self._position)
        if self._start == len(self.text):
            return False
        first = self.text[self._start]
        if first in _IN_STRING:
            self._position = self._blank = self._start + 1
            self._step = self._string
        elif first in "[]{}:,":
            self._done(self._start + 1)
            if first == "}":
                self._step = self._seek
        else:
            self._step = self._word
        return True

    def _word(self) -> bool:
        self._position = _behind(_WORD, self.text, self._position)
        return self._position < len(self.text) and self._done(self._position)

    def _string(self) -> bool:
        mark = _IN_STRING[self.text[self._start]].search(self.text, self._position)
        if mark is None:
            self._position = len(self.text)
            return False
        self._position = mark.start()
        if mark.group() == "\n":
            return self._done(mark.start())
        if mark.group() == "\\":
            return self._escape(mark.end())
        return self._quote(mark.end())

    def _escape(self, behind: int) -> bool:
        if behind == len(self.text):
            return self._ended and self._done(behind)
        if self.text[behind] == "\n":
            return self._done(behind)
        self._position = behind + 1
        return True

    def _quote(self, behind: int) -> bool:
        self._blank = _behind(_SPACE, self.text, max(behind, self._blank))
        if self._blank == len(self.text):
            return self._ended and self._done(behind)
        if self.text[self._blank] in _FOLLOWS:
            return self._done(behind)
        self._position = behind
        return True


def _behind(run: re.Pattern[str], text: str, position: int) -> int:
    found = run.match(text, position)
    return found.end() if found else position
