"""``lines``: one ``label：surface`` a line, in text order; ``无`` when there is nothing.

The compact format: about 14 tokens a sentence where the JSON list takes about 47. The label ends at
the first separator. A backslash and the line breaks LF and CR inside a surface are escaped with a
backslash, so a line of the completion is always one mention.
"""

from collections.abc import Sequence

from service.ner.formats.lark import any_of
from service.ner.formats.line_reader import MentionLineReader
from service.ner.formats.one_line import escaped, span_rules, unescaped
from service.ner.formats.reader import Reader
from service.ner.types import Constraint, Decoded, Dropped, Label, Mention, label_named

SEPARATOR = "："
EMPTY = "无"


def encode(mentions: Sequence[Mention], labels: Sequence[Label], text: str | None = None) -> str:
    """One line a mention; raises KeyError for a mention whose label is not in ``labels``."""
    written = {label.name: label.written for label in labels}
    rows = (written[m.label] + SEPARATOR + "".join(escaped(m.surface)) for m in mentions)
    return "\n".join(rows) or EMPTY


def decode(completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
    """Read every line; a last line that was cut off is dropped: its surface may lack its end."""
    return reader(labels).whole(completion, complete=complete)


def reader(labels: Sequence[Label]) -> Reader:
    """Line by line."""
    return _Lines(labels)


def grammar(text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
    """Lines whose labels are ``labels`` and, when grounded, whose surfaces stand in ``text``."""
    if constraint == "none":
        return None
    rules = [
        f'start: "{EMPTY}" | line ("\\n" line)*',
        f'line: LABEL "{SEPARATOR}" SPAN',
        f"LABEL: {any_of(label.written for label in labels)}",
        *span_rules(text, constraint),
    ]
    return "\n".join(rules)


def refuse_label(written: str) -> str | None:
    """A label may hold neither the separator nor a line break: the first separator ends it."""
    if any(mark in written for mark in (SEPARATOR, "\n", "\r")):
        return f"a label without {SEPARATOR!r} and without line breaks"
    return None


def max_tokens(size: int) -> int:
    """A label and its separator cost about 3 tokens a mention; a token has a byte at least."""
    return 32 + size


class _Lines(MentionLineReader):
    def read(self, row: str) -> Mention | Dropped | None:
        return None if says_nothing(row) else _read(row, self.labels)


def says_nothing(row: str) -> bool:
    """The line of an empty answer, a blank one, or a fence of Markdown."""
    return row.strip() in ("", EMPTY) or row.lstrip().startswith("```")


def _read(row: str, labels: Sequence[Label]) -> Mention | Dropped:
    head, separator, tail = row.partition(SEPARATOR)
    if not separator:  # models that were not tuned often write the ASCII colon
        head, separator, tail = row.partition(":")
    surface = unescaped(tail)
    if not separator or not surface:
        return Dropped(None, row, "malformed")
    label = label_named(head, labels) or label_named(head.lstrip("-*•· \t"), labels)
    if label is None:
        return Dropped(head.strip(), surface, "unknown_label")
    return Mention(label.name, surface)
