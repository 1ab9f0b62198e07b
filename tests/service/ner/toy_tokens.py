"""A byte-level toy tokenization that cuts anywhere, and the texts that an engine tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

PART = "\ufffd"
# vLLM looks back so many tokens for the beginning of a character.
CONTEXT = 4


@dataclass(frozen=True)
class Cut:
    """A completion and its tokens as bytes."""

    text: str
    tokens: tuple[bytes, ...]

    @classmethod
    def at(cls, text: str, edges: Sequence[int]) -> "Cut":
        """Cut ``text`` at these offsets of its UTF-8."""
        data = text.encode()
        inner = sorted({edge for edge in edges if 0 < edge < len(data)})
        bounds = [0, *inner, len(data)]
        pairs = pairwise(bounds)
        return cls(text, tuple(data[start:end] for start, end in pairs if start < end))

    def touched(self) -> list[tuple[int, int]]:
        """The characters that each token has a byte of: half-open ranges."""
        owner = [place for place, char in enumerate(self.text) for _ in char.encode()]
        ends = list(accumulate(len(token) for token in self.tokens))
        return [
            (owner[end - len(token)], owner[end - 1] + 1)
            for token, end in zip(self.tokens, ends, strict=True)
        ]

    def plain(self) -> list[str]:
        """Each token decoded alone, as older engines tell it."""
        return [_decoded(token) for token in self.tokens]

    def told(self) -> list[str]:
        """As vLLM 0.32 tells it: what ends in a part of a character is looked at behind the tokens
        before it, and is empty as long as the character is not whole."""
        return [
            self._corrected(number) if alone.endswith(PART) else alone
            for number, alone in enumerate(self.plain())
        ]

    def _corrected(self, number: int) -> str:
        for count in range(1, min(number, CONTEXT) + 1):
            context = self.tokens[number - count : number]
            whole = _decoded(b"".join(context) + self.tokens[number])
            if whole.endswith(PART):
                continue
            while context and _decoded(context[-1]).endswith(PART):
                context = context[:-1]
            clean = _decoded(b"".join(context))
            same = sum(a == b for a, b in zip(clean, whole, strict=False)) if clean else 0
            return whole[len(clean) if whole.startswith(clean) else same :]
        return ""


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")
