"""Flat JSON objects with two string fields, found in any text: what ``json`` and ``objects`` share.

Decoding looks for the objects and ignores what stands around them: brackets, separators, code
fences, prose.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.ner.formats.lark import any_of, substring_of
from service.ner.formats.reading import Reading
from service.ner.types import Constraint, Dropped, Label, Mention, label_named

_ANY_SURFACE = r'/([^"\\\x00-\x1f]|\\(["\\\/bfnrt]|u[0-9a-fA-F]{4}))+/'


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of the two fields."""

    label: str
    surface: str

    def head(self) -> str:
        """A pattern: how an item begins.

        No valid string holds these bytes, since their quotes would end it: so they begin an item
        even after a stray quote.
        """
        return rf'\{{\s?"(?:{re.escape(self.label)}|{re.escape(self.surface)})"'


def read(completion: str, keys: Keys, labels: Sequence[Label]) -> Reading:
    """Every object of ``completion``; one without an end is dropped as malformed."""
    reading = Reading()
    for start, end in _objects(completion, keys):
        reading.add(_read(completion[start:end], keys, labels), start, end)
    return reading


def terminals(text: str, labels: Sequence[Label], constraint: Constraint) -> list[str]:
    """LABEL, a label with its quotes, and SPAN, a surface without them."""
    label = f"LABEL: {any_of(quoted(label.written) for label in labels)}"
    if constraint != "grounded":
        return [label, f"SPAN: {_ANY_SURFACE}"]
    # A substring may be empty; the intersection with a non-empty line forbids that.
    return [
        label,
        "SPAN: SUBSTRING & /[^\\n]+/",
        f"SUBSTRING: {substring_of(quoted(c)[1:-1] for c in text)}",
    ]


def quoted(text: str) -> str:
    """``text`` as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def _objects(completion: str, keys: Keys) -> Iterator[tuple[int, int]]:
    """Where every innermost ``{…}`` stands, and what follows the last ``{`` that has no end. One
    pass, linear.

    Quotes count inside an object only: prose around it may hold an odd number of them.
    """
    head = re.compile(keys.head())
    # A string without an end runs to the next item or to the end, which keeps the search linear.
    string_or_brace = re.compile(
        rf'"(?:(?!{head.pattern})[^"\\]|\\.)*+(?:"|(?={head.pattern})|\\?\Z)|[{{}}]', re.DOTALL
    )
    start, position = -1, 0
    while position < len(completion):
        if start < 0:
            start = position = completion.find("{", position)
            if start < 0:
                return
            position += 1
        match = string_or_brace.search(completion, position)
        if match is None:
            break
        position = match.end()
        if match.group() == "{":
            if head.match(completion, start):  # an item without an end, not a frame around items
                yield start, match.start()
            start = match.start()
        elif match.group() == "}":
            yield start, position
            start = -1
    if start >= 0:
        yield start, len(completion)


def _is_text(text: str) -> bool:
    """Half a surrogate pair, which JSON can spell, is none: no answer could carry it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _read(item: str, keys: Keys, labels: Sequence[Label]) -> Mention | Dropped:
    try:
        fields = json.loads(item, strict=False)
    except (ValueError, RecursionError):
        return Dropped(None, item, "malformed")
    written, surface = fields.get(keys.label), fields.get(keys.surface)
    if not isinstance(written, str) or not isinstance(surface, str) or not surface:
        return Dropped(None, item, "malformed")
    if not _is_text(written + surface):
        return Dropped(None, item, "malformed")
    label = label_named(written, labels)
    if label is None:
        return Dropped(written, surface, "unknown_label")
    return Mention(label.name, surface)
