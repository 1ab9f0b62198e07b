"""``json``: a list of ``{"label": …, "text": …}``, in text order; ``[]`` when there is nothing.

The format of the reference system. Decoding looks for the objects and ignores what stands around
them: code fences, prose, a missing bracket.
"""

import json
import re
from collections.abc import Iterator, Sequence

from service.ner.formats.lark import any_of, literal, substring_of
from service.ner.types import Constraint, Decoded, Dropped, Label, Mention, label_named

# How an item begins. No valid string holds these bytes, since their quotes would end it: so they
# begin an item even after a stray quote.
_HEAD = re.compile(r'\{\s?"(?:label|text)"')
# A string without an end runs to the next item or to the end, which keeps the search linear.
_STRING_OR_BRACE = re.compile(
    rf'"(?:(?!{_HEAD.pattern})[^"\\]|\\.)*+(?:"|(?={_HEAD.pattern})|\\?\Z)|[{{}}]', re.DOTALL
)
_ANY_SURFACE = r'/([^"\\\x00-\x1f]|\\(["\\\/bfnrt]|u[0-9a-fA-F]{4}))+/'

_ITEM = f"""item: {literal('{"label": ')} LABEL {literal(', "text": "')} SPAN {literal('"}')}"""


def encode(mentions: Sequence[Mention], labels: Sequence[Label]) -> str:
    """A JSON list; raises KeyError for a mention whose label is not in ``labels``."""
    written = {label.name: label.written for label in labels}
    items = [{"label": written[m.label], "text": m.surface} for m in mentions]
    return json.dumps(items, ensure_ascii=False)


def decode(completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
    """Read every object of the completion; one without an end is dropped as malformed."""
    mentions: list[Mention] = []
    dropped: list[Dropped] = []
    for item in _objects(completion):
        read = _read(item, labels)
        (mentions if isinstance(read, Mention) else dropped).append(read)  # type: ignore[arg-type]
    if not mentions and not dropped and not (complete and "[]" in completion):
        dropped.append(Dropped(None, completion, "malformed"))
    return Decoded(tuple(mentions), tuple(dropped))


def grammar(text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
    """A list whose labels are ``labels`` and, when grounded, whose texts stand in ``text``."""
    if constraint == "none":
        return None
    # A substring may be empty; the intersection with a non-empty line forbids that.
    span = "SUBSTRING & /[^\\n]+/" if constraint == "grounded" else _ANY_SURFACE
    rules = [
        'start: "[]" | "[" item (", " item)* "]"',
        _ITEM,
        f"LABEL: {any_of(_quoted(label.written) for label in labels)}",
        f"SPAN: {span}",
    ]
    if constraint == "grounded":
        rules.append(f"SUBSTRING: {substring_of(_quoted(c)[1:-1] for c in text)}")
    return "\n".join(rules)


def refuse_label(written: str) -> str | None:
    """JSON can write every label."""
    return None


def max_tokens(size: int) -> int:
    """The frame of an item costs about 12 tokens; a token has a byte at least."""
    return 64 + 2 * size


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _objects(completion: str) -> Iterator[str]:
    """Every innermost ``{…}``, and what follows the last ``{`` that has no end. One pass, linear.

    Quotes count inside an object only: prose around it may hold an odd number of them.
    """
    start, position = -1, 0
    while position < len(completion):
        if start < 0:
            start = position = completion.find("{", position)
            if start < 0:
                return
            position += 1
        match = _STRING_OR_BRACE.search(completion, position)
        if match is None:
            break
        position = match.end()
        if match.group() == "{":
            if _HEAD.match(completion, start):  # an item without an end, not a frame around items
                yield completion[start : match.start()]
            start = match.start()
        elif match.group() == "}":
            yield completion[start:position]
            start = -1
    if start >= 0:
        yield completion[start:]


def _is_text(text: str) -> bool:
    """Half a surrogate pair, which JSON can spell, is none: no answer could carry it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _read(item: str, labels: Sequence[Label]) -> Mention | Dropped:
    try:
        fields = json.loads(item, strict=False)
    except (ValueError, RecursionError):
        return Dropped(None, item, "malformed")
    written, surface = fields.get("label"), fields.get("text")
    if not isinstance(written, str) or not isinstance(surface, str) or not surface:
        return Dropped(None, item, "malformed")
    if not _is_text(written + surface):
        return Dropped(None, item, "malformed")
    label = label_named(written, labels)
    if label is None:
        return Dropped(written, surface, "unknown_label")
    return Mention(label.name, surface)
