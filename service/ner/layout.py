"""Where in a completion each of its tokens stands.

The engine tells a token's text, and one that holds a part of a character has none of its own: it
comes empty, and the token that completes the character brings the text of them all; or U+FFFD
stands for its part, as it does where a token begins with the rest of a character. Such tokens are
laid together over the characters up to where the next text fits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PART = "\ufffd"
# In characters. A token whose text is not told hides no more of them.
LONGEST_TOKEN = 128
# Places that a token can be at before its completion is given up: the work stays linear.
MOST_PLACES = 8

Place = tuple[int, int]


def lay_out(completion: str, tokens: Sequence[str]) -> list[Place] | None:
    """The characters of ``completion`` that each token may have a part in, as half-open ranges,
    whose starts and ends never go back. None when the tokens do not make up the completion, or
    could do so in more than one way.

    What ended the completion, or began a character that was never finished, lies behind its end.
    """
    size, pieces = len(completion), _pieces(tokens)
    starts = _fit(completion, pieces)
    if starts is None and tokens and tokens[-1].strip(PART):
        # The last one ended the completion; its text is not a part of it.
        pieces = _pieces(tokens[:-1])
        starts = _fit(completion, pieces)
    if starts is None:
        return None
    laid = _ranges(size, pieces, starts)
    return laid + [(size, size + 1)] * (len(tokens) - len(starts))


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


def _pieces(tokens: Sequence[str]) -> list[_Piece]:
    """One for each token, and one without text for the end."""
    pieces: list[_Piece] = []
    hidden, marked = 0, False
    for token in tokens:
        text = token.strip(PART)
        pieces.append(_Piece(text, hidden, marked, bool(text) and token.startswith(PART)))
        marked = token.endswith(PART) or (marked and not text)
        hidden = hidden + 1 if not text else int(marked)
    return [*pieces, _Piece("", hidden, marked, False)]


def _fit(completion: str, pieces: Sequence[_Piece]) -> list[int] | None:
    """Where the text of each piece but the last, the end, begins; of one without, the gap that it
    may lie in. None when nothing fits, and when more than one thing does."""
    before: list[dict[int, int]] = []
    ways = {0: 1}  # to reach a position with the pieces so far
    for piece in pieces[:-1]:
        found: dict[int, int] = {}
        reached: dict[int, int] = {}
        for end, count in ways.items():
            for start in _choices(completion, piece, end):
                found[start] = end
                behind = start + len(piece.text)
                reached[behind] = min(reached.get(behind, 0) + count, 2)
        if len(reached) > MOST_PLACES:
            return None
        before.append(found)
        ways = reached
    closing = [end for end in ways if _closes(completion, pieces[-1], end)]
    if len(closing) != 1 or ways[closing[0]] != 1:
        return None
    (last,) = closing
    starts: list[int] = []
    for piece, found in zip(reversed(pieces[:-1]), reversed(before), strict=True):
        start = last - len(piece.text)
        starts.append(start)
        last = found[start]
    return starts[::-1]


def _choices(completion: str, piece: _Piece, position: int) -> Iterator[int]:
    """Where ``piece`` may begin when the text before it ends at ``position``."""
    if not piece.text:
        yield position
        return
    most = LONGEST_TOKEN * (piece.hidden + piece.head)
    if not piece.marked and not (piece.head and piece.hidden):
        gap = completion[position : position + most]
        most = len(gap) - len(gap.lstrip(PART))
    behind = position + most + len(piece.text)
    start = completion.find(piece.text, position, behind)
    while start >= 0:
        if _may_hide(piece, completion[position:start]):
            yield start
        start = completion.find(piece.text, start + 1, behind)


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


def _ranges(size: int, pieces: Sequence[_Piece], starts: Sequence[int]) -> list[Place]:
    """Each piece's characters, those in the gaps beside it too; ``pieces`` with the end."""
    laid: list[Place] = []
    gap, waiting = 0, 0  # where the gap begins, and how many pieces without text lie in it
    for piece, start in zip(pieces[:-1], starts, strict=True):
        if not piece.text:
            waiting += 1
            continue
        if piece.hidden > waiting:  # the text before has a part of a character behind it
            laid[-1] = (laid[-1][0], start)
        end = start + len(piece.text)
        # Unless marked, what came with this text may be all theirs.
        laid += [(gap, start if piece.marked else end)] * waiting
        first = max(start - 1, gap) if piece.hidden else gap
        laid.append((first if piece.head else start, end))
        gap, waiting = end, 0
    if pieces[-1].hidden > waiting:
        laid[-1] = (laid[-1][0], size)
    return laid + [(gap, size) if gap < size else (size, size + 1)] * waiting
