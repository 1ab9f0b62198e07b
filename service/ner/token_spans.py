"""Where in a completion each of its tokens stands.

The engine tells a token's text, and one that holds a part of a character has none of its own: it
comes empty, and the token that completes the character brings the text of them all; or U+FFFD
stands for its part, as it does where a token begins with the rest of a character. Such tokens are
laid together over the characters up to where the next text fits.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

PART = "\ufffd"
# In characters. A token whose text is not told hides no more of them.
LONGEST_TOKEN = 128
# Places that a token can be at before its completion is given up: the work stays linear.
MOST_PLACES = 8

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token's ``text`` without the parts of characters on either side of it.

    ``hidden``: how many tokens before it may have characters in a gap before it; ``marked``: some
    of them by U+FFFD. ``head``: it begins with the rest of a character.
    """

    text: str
    hidden: int
    marked: bool
    head: bool


def _piece(token: str, hidden: int, marked: bool) -> _Piece:
    text = token.strip(PART)
    return _Piece(text, hidden, marked, bool(text) and token.startswith(PART))


def token_spans(completion: str, tokens: Sequence[str]) -> list[Place] | None:
    """The characters of ``completion`` that each token may have a part in, as half-open ranges,
    whose starts and ends never go back. None when the tokens do not make up the completion, or
    could do so in more than one way.

    What ended the completion, or began a character that was never finished, lies behind its end.
    """
    spans = TokenSpans()
    spans.add(tokens)
    spans.end(completion)
    return list(zip(spans.starts, spans.ends, strict=True)) if spans.is_whole else None


class TokenSpans:
    """Lays tokens out while the completion is being written: ``add`` them as they come, and ``go``
    on with the text so far; ``end`` when there is no more. In linear time, and however both come.

    ``starts`` and ``ends`` are the ranges of the tokens whose place is certain. Those that come
    later have no part in what stands before ``reach``.
    """

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.reach = 0
        self.is_whole = False  # it has ended, and all tokens are laid out
        self._coming: deque[_Piece] = deque()
        self._hidden, self._marked = 0, False  # of the next piece
        self._is_stuck = False
        # The pieces whose place is not certain, what each could have come behind, and the ways to
        # reach a position with all of them.
        self._pieces: list[_Piece] = []
        self._before: list[dict[int, int]] = []
        self._ways = {0: 1}
        self._waiting = 0  # tokens without text behind ``reach``

    def add(self, tokens: Iterable[str]) -> None:
        """These tokens come next."""
        for token in tokens:
            self._coming.append(_piece(token, self._hidden, self._marked))
            text = token.strip(PART)
            self._marked = token.endswith(PART) or (self._marked and not text)
            self._hidden = self._hidden + 1 if not text else int(self._marked)

    def go(self, text: str) -> None:
        """``text`` is the completion so far."""
        while self._coming and not self._is_stuck and self._can_tell(text, self._coming[0]):
            self._step(text)

    def end(self, completion: str) -> None:
        """``completion`` is all of it."""
        while self._coming and not self._is_stuck:
            self._step(completion)
        if len(self._coming) > 1:
            return
        # One that does not fit ended the completion; its text is not a part of it.
        enders = len(self._coming)
        hidden, marked = self._hidden, self._marked
        if enders:
            hidden, marked = self._coming[0].hidden, self._coming[0].marked
        last = _Piece("", hidden, marked, head=False)
        closing = [end for end in self._ways if _closes(completion, last, end)]
        if len(closing) == 1 and self._ways[closing[0]] == 1:
            self._settle(closing[0])
            self._close(last, len(completion), enders)

    def _can_tell(self, text: str, piece: _Piece) -> bool:
        """Is the text that decides where ``piece`` stands there?"""
        needed = (end + _most(text, piece, end) + len(piece.text) for end in self._ways)
        return not piece.text or max(needed) <= len(text)

    def _step(self, text: str) -> None:
        """The next piece; one that fits nowhere, or could be anywhere, is where it ends."""
        piece = self._coming[0]
        found: dict[int, int] = {}
        reached: dict[int, int] = {}
        for end, count in self._ways.items():
            for start in _choices(text, piece, end):
                found[start] = end
                behind = start + len(piece.text)
                reached[behind] = min(reached.get(behind, 0) + count, 2)
        self._is_stuck = not 0 < len(reached) <= MOST_PLACES
        if self._is_stuck:
            return
        self._coming.popleft()
        self._pieces.append(piece)
        self._before.append(found)
        self._ways = reached
        if list(reached.values()) == [1]:
            self._settle(*reached)

    def _settle(self, last: int) -> None:
        """The pieces so far end at ``last``, in the one way that there is."""
        starts: list[int] = []
        for piece, found in zip(reversed(self._pieces), reversed(self._before), strict=True):
            start = last - len(piece.text)
            starts.append(start)
            last = found[start]
        for piece, start in zip(self._pieces, reversed(starts), strict=True):
            self._lay(piece, start)
        self._pieces, self._before = [], []

    def _lay(self, piece: _Piece, start: int) -> None:
        """The characters of a piece, those in the gaps beside it too."""
        if not piece.text:
            self._waiting += 1
            return
        if piece.hidden > self._waiting:  # the text before has a part of a character behind it
            self.ends[-1] = start
        end, gap = start + len(piece.text), self.reach
        # Unless marked, what came with this text may be all theirs.
        self._range(gap, start if piece.marked else end, self._waiting)
        first = max(start - 1, gap) if piece.hidden else gap
        self._range(first if piece.head else start, end)
        self.reach, self._waiting = end, 0

    def _close(self, last: _Piece, size: int, enders: int) -> None:
        if last.hidden > self._waiting:
            self.ends[-1] = size
        gap = self.reach
        self._range(*((gap, size) if gap < size else (size, size + 1)), self._waiting)
        self._range(size, size + 1, enders)
        self.reach, self.is_whole = size + 1, True

    def _range(self, start: int, end: int, times: int = 1) -> None:
        self.starts += [start] * times
        self.ends += [end] * times


def _choices(completion: str, piece: _Piece, position: int) -> Iterator[int]:
    """Where ``piece`` may begin when the text before it ends at ``position``."""
    if not piece.text:
        yield position
        return
    behind = position + _most(completion, piece, position) + len(piece.text)
    start = completion.find(piece.text, position, behind)
    while start >= 0:
        if _may_hide(piece, completion[position:start]):
            yield start
        start = completion.find(piece.text, start + 1, behind)


def _most(completion: str, piece: _Piece, position: int) -> int:
    """So many characters there may be between ``position`` and ``piece``."""
    most = LONGEST_TOKEN * (piece.hidden + piece.head)
    if piece.marked or (piece.head and piece.hidden):
        return most
    gap = completion[position : position + most]
    return len(gap) - len(gap.lstrip(PART))


def _may_hide(piece: _Piece, gap: str) -> bool:
    """Can the characters of ``gap`` be those of tokens without text, just before ``piece``?"""
    if not gap:
        return not (piece.head or piece.marked)
    if piece.marked or (piece.head and piece.hidden):
        return not gap[-1].isascii()  # the last one is in parts
    # What was in parts came with ``piece``: only what never became a character is left.
    return gap == PART * len(gap)


def _closes(completion: str, end: _Piece, position: int) -> bool:
    """Can the completion end like this? A character that was not finished need not be there."""
    gap = completion[position:]
    return not gap or (bool(end.hidden) and _may_hide(end, gap))
