"""``objects``: ``{"entity_text": …, "entity_label": …}`` for each entity, in text order.

The format of LLM-Finetune. Objects follow each other without a separator, as that recipe writes its
answers; commas, spaces and line breaks between them are read too. Nothing found is one sentence.
"""

import json
from collections.abc import Sequence

from service.ner.formats.json_objects import Keys, Objects, terminals
from service.ner.formats.lark import literal
from service.ner.formats.reader import Reader
from service.ner.types import Constraint, Decoded, Label, Mention

EMPTY = "没有找到任何实体"

_KEYS = Keys("entity_label", "entity_text")
_ITEM = " ".join(
    (
        f"""item: {literal('{"entity_text": "')} SPAN""",
        f"""{literal('", "entity_label": ')} LABEL {literal("}")}""",
    )
)


def encode(mentions: Sequence[Mention], labels: Sequence[Label], text: str | None = None) -> str:
    """The objects; raises KeyError for a mention whose label is not in ``labels``."""
    written = {label.name: label.written for label in labels}
    items = ({"entity_text": m.surface, "entity_label": written[m.label]} for m in mentions)
    return "".join(json.dumps(item, ensure_ascii=False) for item in items) or EMPTY


def decode(completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
    """Read every object of the completion; one without an end is dropped as malformed."""
    return reader(labels).whole(completion, complete=complete)


def reader(labels: Sequence[Label]) -> Reader:
    """Object by object."""
    return Objects(labels, _KEYS, EMPTY)


def grammar(text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
    """Objects whose labels are ``labels`` and, when grounded, whose texts stand in ``text``."""
    if constraint == "none":
        return None
    rules = [f'start: "{EMPTY}" | item (SEPARATOR? item)*', _ITEM, "SEPARATOR: /[, \\n]{1,3}/"]
    return "\n".join([*rules, *terminals(text, labels, constraint)])


def refuse_label(written: str) -> str | None:
    """JSON can write every label."""
    return None


def max_tokens(size: int) -> int:
    """The frame of an item costs about 16 tokens; a token has a byte at least."""
    return 64 + 2 * size
