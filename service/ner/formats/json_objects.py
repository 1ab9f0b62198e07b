"""Flat JSON objects with two string fields, found in any text: what ``json`` and ``objects`` share.

Decoding looks for the objects and ignores what stands around them: brackets, separators, code
fences, prose.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.ner.formats.lark import any_of, substring_of
from service.ner.formats.reader import Reader
from service.ner.types import Constraint, Dropped, Label, Mention, label_named

_ANY_SURFACE = r'/([^"\\\x00-\x1f]|\\(["\\\/bfnrt]|u[0-9a-fA-F]{4}))+/'

_QUOTE_OR_BRACE = re.compile('["{}]')
_IN_STRING = re.compile(r'["\\{]')


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

    def may_begin(self) -> str:
        """A pattern: the end of a text, which may become a ``head`` as the text goes on."""
        words = (f'"{key}' for key in (self.label, self.surface))
        begun = {re.escape(word[:size]) for word in words for size in range(len(word) + 1)}
        return rf"\{{\s?(?:{'|'.join(sorted(begun))})\Z"


class Objects(Reader):
    """Every innermost ``{…}`` with the two keys, read at its end; one without an end is dropped as
    malformed. ``empty`` in a completion without objects says that there is nothing.

    Quotes count inside an object only: prose around it may hold an odd number of them.
    """

    def __init__(self, labels: Sequence[Label], keys: Keys, empty: str) -> None:
        super().__init__(labels)
        self._keys, self._empty = keys, empty
        self._head, self._may_begin = re.compile(keys.head()), re.compile(keys.may_begin())
        self._start, self._position = -1, 0  # of the object, -1 outside; of what is read next
        self._in_string = self._ended = False

    def read_on(self) -> None:
        """Every object that has ended."""
        going_on = True
        while going_on and self._position < len(self.text):
            if self._start < 0:
                going_on = self._seek()
            elif self._in_string:
                going_on = self._string()
            else:
                going_on = self._inside()

    def end(self, *, complete: bool) -> None:
        """What has begun ends here."""
        self._ended = True
        self.read_on()
        if self._start >= 0:
            self._object(len(self.text))
        if self.reading.empty and not (complete and self._empty in self.text):
            self.reading.malformed(self.text)

    def _seek(self) -> bool:
        self._start = self.text.find("{", self._position)
        self._position = self._start + 1 or len(self.text)
        return self._start >= 0

    def _inside(self) -> bool:
        mark = _QUOTE_OR_BRACE.search(self.text, self._position)
        if mark is None:
            self._position = len(self.text)
            return False
        self._position = mark.end()
        if mark.group() == '"':
            self._in_string = True
        elif mark.group() == "}":
            self._object(mark.end())
            self._start = -1
        else:
            if self._head.match(self.text, self._start):  # an item without an end, not a frame
                self._object(mark.start())
            self._start = mark.start()
        return True

    def _string(self) -> bool:
        """To the string's end; one without an end runs to the next item, or to the end of all."""
        mark = _IN_STRING.search(self.text, self._position)
        if mark is None:
            self._position = len(self.text)
            return False
        self._position = mark.end()
        if mark.group() == '"':
            self._in_string = False
        elif mark.group() == "\\":
            self._position += 1  # what is escaped, which may not be there yet
        elif self._head.match(self.text, mark.start()):
            self._position, self._in_string = mark.start(), False
        elif not self._ended and self._may_begin.match(self.text, mark.start()):
            self._position = mark.start()
            return False
        return True

    def _object(self, end: int) -> None:
        item = self.text[self._start : end]
        self.reading.add(_read(item, self._keys, self.labels), self._start, end)


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


def _is_text(text: str) -> bool:
    """Half a surrogate pair, which JSON can spell, is none: no answer could carry it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError for a key that is there twice: which of the two surfaces was meant?"""
    fields = dict(members)
    if len(fields) < len(members):
        raise ValueError("a key is there twice")
    return fields


_DECODER = json.JSONDecoder(object_pairs_hook=_once, strict=False)


def _read(item: str, keys: Keys, labels: Sequence[Label]) -> Mention | Dropped:
    try:
        fields = _DECODER.decode(item)
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
