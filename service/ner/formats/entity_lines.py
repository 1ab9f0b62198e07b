"""``entity_lines``: ``EntityText: X`` and ``EntityLabel: Y``, two lines for each entity.

The format of chinese_ner_sft, in text order. A backslash and line breaks inside a surface are
escaped with a backslash. Nothing found is one sentence; that data set words it in many ways, so
every line that begins like one is read as such.
"""

import re
from collections.abc import Sequence

from service.ner.formats.lark import any_of
from service.ner.formats.line_reader import LineReader
from service.ner.formats.one_line import escaped, span_rules, unescaped
from service.ner.formats.reader import Reader
from service.ner.types import Constraint, Decoded, Dropped, Label, Mention, label_named

EMPTY = "没有找到任何实体"

_TEXT, _LABEL = "EntityText: ", "EntityLabel: "
# The data set has prompts that ask for ``Text:`` and ``Label:`` too.
_FIELD = re.compile(r"\s*(?:Entity)?(Text|Label)[:：] ?(.*)", re.DOTALL)
_SAYS_NOTHING = re.compile(r"\s*(?:$|```|没有|找不到)")


def encode(mentions: Sequence[Mention], labels: Sequence[Label], text: str | None = None) -> str:
    """Two lines a mention; raises KeyError for a mention whose label is not in ``labels``."""
    written = {label.name: label.written for label in labels}
    rows = (f"{_TEXT}{''.join(escaped(m.surface))}\n{_LABEL}{written[m.label]}" for m in mentions)
    return "\n".join(rows) or EMPTY


def decode(completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
    """Read the pairs of lines; a line that was cut off or has no partner is dropped."""
    return reader(labels).whole(completion, complete=complete)


def reader(labels: Sequence[Label]) -> Reader:
    """Pair by pair."""
    return _Pairs(labels)


def grammar(text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
    """Pairs of lines with ``labels`` and, when grounded, surfaces that stand in ``text``."""
    if constraint == "none":
        return None
    rules = [
        f'start: "{EMPTY}" | pair ("\\n" pair)*',
        f'pair: "{_TEXT}" SPAN "\\n{_LABEL}" LABEL',
        f"LABEL: {any_of(label.written for label in labels)}",
        *span_rules(text, constraint),
    ]
    return "\n".join(rules)


def refuse_label(written: str) -> str | None:
    """A label stands on one line."""
    return "a label without line breaks" if "\n" in written or "\r" in written else None


def max_tokens(size: int) -> int:
    """The frame of an entity costs about 10 tokens; a token has a byte at least."""
    return 64 + 2 * size


class _Pairs(LineReader):
    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__(labels)
        self._waiting: str | None = None  # a line with a surface, whose label has to follow
        self._begun = 0  # where that line stands

    def row(self, row: str, start: int, end: int) -> None:
        field, waiting = _FIELD.fullmatch(row), self._waiting
        if field and field[1] == "Label" and waiting is not None:
            self.reading.add(_read(waiting, row, field[2], self.labels), self._begun, end)
            self._waiting = None
            return
        if waiting is not None:
            self.reading.malformed(waiting)
        self._waiting, self._begun = (row if field and field[1] == "Text" else None), start
        if self._waiting is None and not _SAYS_NOTHING.match(row):
            self.reading.malformed(row)

    def end(self, *, complete: bool) -> None:
        cut = self.last(complete=complete)
        loose = "\n".join(row for row in (self._waiting, cut) if row is not None)
        if loose.strip() or not self.text.strip():
            self.reading.malformed(loose)


def _read(above: str, row: str, written: str, labels: Sequence[Label]) -> Mention | Dropped:
    text = _FIELD.fullmatch(above)
    surface = unescaped(text[2]) if text else ""
    if not surface:
        return Dropped(None, f"{above}\n{row}", "malformed")
    label = label_named(written, labels)
    if label is None:
        return Dropped(written.strip(), surface, "unknown_label")
    return Mention(label.name, surface)
