"""``json``: a list of ``{"label": …, "text": …}``, in text order; ``[]`` when there is nothing.

The format of the reference system. Decoding looks for the objects and ignores what stands around
them: code fences, prose, a missing bracket.
"""

import json
from collections.abc import Sequence

from service.ner.formats.json_objects import Keys, Objects, terminals
from service.ner.formats.lark import literal
from service.ner.formats.reader import Reader
from service.ner.types import Constraint, Decoded, Label, Mention

EMPTY: str | None = None  # the bracket ends an answer, not the model
_KEYS = Keys("label", "text")
_ITEM = f"""item: {literal('{"label": ')} LABEL {literal(', "text": "')} SPAN {literal('"}')}"""


def encode(mentions: Sequence[Mention], labels: Sequence[Label], text: str | None = None) -> str:
    """A JSON list; raises KeyError for a mention whose label is not in ``labels``."""
    written = {label.name: label.written for label in labels}
    items = [{"label": written[m.label], "text": m.surface} for m in mentions]
    return json.dumps(items, ensure_ascii=False)


def decode(completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
    """Read every object of the completion; one without an end is dropped as malformed."""
    return reader(labels).whole(completion, complete=complete)


def reader(labels: Sequence[Label]) -> Reader:
    """Object by object."""
    return Objects(labels, _KEYS, "[]")


def grammar(text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
    """A list whose labels are ``labels`` and, when grounded, whose texts stand in ``text``."""
    if constraint == "none":
        return None
    start = 'start: "[]" | "[" item (", " item)* "]"'
    return "\n".join([start, _ITEM, *terminals(text, labels, constraint)])


def refuse_label(written: str) -> str | None:
    """JSON can write every label."""
    return None


def max_tokens(size: int) -> int:
    """The frame of an item costs about 12 tokens; a token has a byte at least."""
    return 64 + 2 * size
