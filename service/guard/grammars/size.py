"""What was measured of one schema, grammar or regex, and what is allowed of it."""

from dataclasses import dataclass


class Unmeasurable(ValueError):
    """Its words say what was expected instead of what cannot be measured."""


@dataclass(frozen=True, slots=True)
class Size:
    """``depth``: parts, rules and references that stand in one another; ``parts``: how many there
    are when repetitions are written out."""

    depth: int
    parts: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each that the engine is asked for."""

    depth: int
    parts: int

    def refuse(self, size: Size) -> str | None:
        """None, or what was expected of something larger."""
        if size.depth > self.depth:
            return (
                f"rules, references and nested parts up to {self.depth} deep, and this is "
                f"{size.depth} deep (NERVE_MAX_GRAMMAR_DEPTH)"
            )
        if size.parts > self.parts:
            return (
                f"up to {self.parts} parts with repetitions written out, and this has "
                f"{shown(size.parts)} (NERVE_MAX_GRAMMAR_PARTS)"
            )
        return None


def shown(number: int) -> str:
    """A number, or how large it is."""
    return str(number) if number < MOST else "over a billion"


MOST = 10**9


def count(digits: str) -> int:
    """A number as it is written, ``MOST`` where it is larger; Python refuses to read long ones."""
    return min(int(digits), MOST) if len(digits) <= len(str(MOST)) else MOST
