"""What stands in place of an entity: its mask."""

import re
from dataclasses import dataclass, field

from service.ner.masking import in_one_case

NUMBER = "{n}"
PLACEHOLDERS = ("{label}", "{LABEL}", NUMBER)
# A placeholder, whatever stands around it; other words in two braces; other words in one.
_IN_BRACES = re.compile(
    r"\{(label|LABEL|n)\}|\{\{(?!(?:label|LABEL|n)\}\})([^{}]*)\}\}|\{([^{}]*)\}"
)
# No text has more surfaces than these can count.
_MOST_DIGITS = 9


@dataclass(slots=True)
class Masks:
    """Masks for one text, after a pattern: ``{label}`` and ``{LABEL}`` in it are the entity's
    label, ``{n}`` is the number of its surface, from 1 in the order asked for, the same each time.
    ``{{word}}`` is any other word in braces.

    A numbered mask that stands in the text itself is not given. ``surfaces``: mask → surface.
    """

    pattern: str
    text: str
    any_case: bool = False
    surfaces: dict[str, str] = field(default_factory=dict)
    _given: dict[tuple[str, str], str] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _in_text: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, label: str, surface: str) -> str:
        """The mask of an entity."""
        # One after the other: a label may have such words in it.
        head, number, tail = (_labelled(part, label) for part in self.pattern.partition(NUMBER))
        if not number:
            return head
        kind = f"{head}{NUMBER}{tail}"
        key = kind, in_one_case(surface) if self.any_case else surface
        if key not in self._given:
            self._given[key] = mask = self._new(kind, head, tail)
            self.surfaces[mask] = surface
        return self._given[key]

    def _new(self, kind: str, head: str, tail: str) -> str:
        if kind not in self._in_text:
            self._in_text[kind] = _standing(self.text, head, tail)
        number = self._last.get(kind, 0) + 1
        while (mask := f"{head}{number}{tail}") in self._in_text[kind]:
            number += 1
        self._last[kind] = number
        return mask


def _standing(text: str, head: str, tail: str) -> frozenset[str]:
    """What stands in ``text`` and could be a mask, wherever it begins; linear time."""
    if head not in text or tail not in text:
        return frozenset()
    mask = f"{re.escape(head)}[0-9]{{1,{_MOST_DIGITS}}}{re.escape(tail)}"
    # Match by match: other threads have their turn between two.
    return frozenset(found[1] for found in re.finditer(f"(?=({mask}))", text))


def unknown(pattern: str) -> str | None:
    """The first word in braces that is no placeholder, with its braces; None if there is none."""
    words = (found for found in _IN_BRACES.finditer(pattern) if found[3] is not None)
    return next((found[0] for found in words), None)


def _labelled(pattern: str, label: str) -> str:
    def written(found: re.Match[str]) -> str:
        if found[1] is None:
            return f"{{{found[2]}}}"
        return label if found[1] == "label" else label.upper()

    return _IN_BRACES.sub(written, pattern)
