"""``surface_lines``: one ``surface：label`` a line, in text order; ``无`` when there is nothing.

As short as ``lines``, but the model names the label when it has said what it is the label of. The
label begins behind the last separator, so a surface may hold one. Escaped as in ``lines``.
"""

from collections.abc import Sequence

from service.ner.formats import lines
from service.ner.formats.lark import any_of
from service.ner.formats.line_reader import MentionLineReader
from service.ner.formats.one_line import escaped, span_rules, unescaped
from service.ner.formats.reader import Reader
from service.ner.types import Constraint, Decoded, Dropped, Label, Mention, label_named

SEPARATOR, EMPTY = lines.SEPARATOR, lines.EMPTY
refuse_label, max_tokens = lines.refuse_label, lines.max_tokens


def encode(mentions: Sequence[Mention], labels: Sequence[Label], text: str | None = None) -> str:
    """One line a mention; raises KeyError for a mention whose label is not in ``labels``."""
    written = {label.name: label.written for label in labels}
    rows = ("".join(escaped(m.surface)) + SEPARATOR + written[m.label] for m in mentions)
    return "\n".join(rows) or EMPTY


def decode(completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
    """Read every line; a last line that was cut off is dropped: its label may lack its end."""
    return reader(labels).whole(completion, complete=complete)


def reader(labels: Sequence[Label]) -> Reader:
    """Line by line."""
    return _SurfaceLines(labels)


def grammar(text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
    """Lines whose labels are ``labels`` and, when grounded, whose surfaces stand in ``text``."""
    if constraint == "none":
        return None
    rules = [
        f'start: "{EMPTY}" | LINE ("\\n" LINE)*',
        # One terminal: apart, a surface would take in the separator and all behind it.
        f'LINE: SPAN "{SEPARATOR}" LABEL',
        f"LABEL: {any_of(label.written for label in labels)}",
        *span_rules(text, constraint),
    ]
    return "\n".join(rules)


class _SurfaceLines(MentionLineReader):
    def read(self, row: str) -> Mention | Dropped | None:
        # With a separator it is a mention, whatever its surface begins with.
        nothing = SEPARATOR not in row and lines.says_nothing(row)
        return None if nothing else _read(row, self.labels)


def _read(row: str, labels: Sequence[Label]) -> Mention | Dropped:
    head, separator, tail = row.rpartition(SEPARATOR)
    if not separator:  # models that were not tuned often write the ASCII colon
        head, separator, tail = row.rpartition(":")
    surface = unescaped(head)
    if not separator or not surface:
        return Dropped(None, row, "malformed")
    label = label_named(tail, labels)
    if label is None:
        return Dropped(tail.strip(), surface, "unknown_label")
    return Mention(label.name, surface)
