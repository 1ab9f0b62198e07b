"""``python_dict``: a Python dictionary with every label as a key, each with a list of surfaces.

The format of LLM-NER: ``{'属于人名类实体有?': ['叶老桂'], '属于景点类实体有?': []}``. Keys are what
the manifest has as ``written``, in its order; strings are quoted and escaped as Python's ``repr``
does. So mentions are stated label by label, in text order within a label; when there is nothing,
every list is empty.
"""

import re
from collections.abc import Iterator, Sequence

from service.ner.formats.lark import literal, substring_of
from service.ner.formats.reading import Reading
from service.ner.types import Constraint, Decoded, Dropped, Label, Mention, label_named

# A quote ends a string only where something may follow it: models forget to escape apostrophes.
# One without an end runs to the end of its line, which keeps the search linear.
_STRING = "|".join(
    rf"{quote}(?:[^{quote}\\\n]|\\[^\n]|{quote}(?!\s*(?:[,:\]}}]|\Z)))*+(?:{quote}|\\?(?=\n|\Z))"
    for quote in "'\""
)
_TOKEN = re.compile(rf"{_STRING}|[\[\]{{}}:,]|[^\s\[\]{{}}:,'\"]+")
_ENDED = re.compile(r"(['\"])(.*)\1", re.DOTALL)

_ESCAPE = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|[\\'\"nrt])"
)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
_ANY_SURFACE = r"""/'([^'\\\n]|\\[^\n])+'|"([^"\\\n]|\\[^\n])+"/"""


def encode(mentions: Sequence[Mention], labels: Sequence[Label], text: str | None = None) -> str:
    """The dictionary; raises KeyError for a mention whose label is not in ``labels``."""
    found: dict[str, list[str]] = {label.name: [] for label in labels}
    for mention in mentions:
        found[mention.label].append(mention.surface)
    return repr({label.written: found[label.name] for label in labels})


def decode(completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
    """Read every string after a key, in a list or alone; one without an end is malformed.

    A mention's place is its string: the key is written once for all of its label.
    """
    reading = Reading()
    key, listed, said = None, False, False
    for match in _tokens(completion):
        token = match.group()
        if token in "[]":
            listed = token == "["
            said |= not listed
        elif token in "{}" or (token == "," and not listed):
            key, listed = None, False
        elif token in ":,":
            continue
        elif key is None and not listed:
            key = token
        elif token != "None":
            reading.add(_read(key, token, labels), *match.span())
    if reading.empty and not (complete and said):
        reading.malformed(completion)
    return reading.decoded()


def grammar(text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
    """Every label once, in order, and, when grounded, surfaces that stand in ``text``."""
    if constraint == "none":
        return None
    frames = [f"{', ' if i else '{'}{label.written!r}: [" for i, label in enumerate(labels)]
    body = ' surfaces? "]" '.join(map(literal, frames))
    rules = [f'start: {body} surfaces? "]}}"', 'surfaces: SURFACE (", " SURFACE)*']
    if constraint != "grounded":
        return "\n".join([*rules, f"SURFACE: {_ANY_SURFACE}"])
    # A substring may be empty; the intersection with a non-empty line forbids that.
    rules.append('SURFACE: "\'" (SINGLE & /[^\\n]+/) "\'" | "\\"" (DOUBLE & /[^\\n]+/) "\\""')
    rules.append(f"SINGLE: {substring_of(_escaped(text, chr(39)))}")
    rules.append(f"DOUBLE: {substring_of(_escaped(text, chr(34)))}")
    return "\n".join(rules)


def refuse_label(written: str) -> str | None:
    """Python can write every label."""
    return None


def max_tokens(size: int) -> int:
    """The keys cost about 10 tokens each, whatever is found; a token has a byte at least."""
    return 256 + 2 * size


def _escaped(text: str, quote: str) -> list[str]:
    """Each character as ``repr`` writes it between such quotes."""
    return [
        f"\\{quote}"
        if character == quote
        else character
        if character in "'\""
        else repr(character)[1:-1]
        for character in text
    ]


def _tokens(completion: str) -> Iterator[re.Match[str]]:
    """Strings, punctuation and other words of every ``{…}``; what stands around them is skipped."""
    position = completion.find("{")
    while position >= 0 and (match := _TOKEN.search(completion, position)):
        yield match
        position = match.end()
        if match.group() == "}":
            position = completion.find("{", position)


def _unescaped(written: str) -> str:
    return _ESCAPE.sub(_character, written)


def _character(match: re.Match[str]) -> str:
    letter = match.group()[1]
    if letter in "xuU":
        return chr(int(match.group()[2:], 16))
    return _PLAIN.get(letter, letter)


def _string(token: str | None) -> str | None:
    """What a quoted token means; None for one that is no string or no text."""
    ended = _ENDED.fullmatch(token or "")
    if ended is None:
        return None
    plain = _unescaped(ended[2])
    return None if re.search(r"[\ud800-\udfff]", plain) else plain


def _read(key: str | None, token: str, labels: Sequence[Label]) -> Mention | Dropped:
    written, surface = _string(key), _string(token)
    if written is None or not surface:
        return Dropped(None, f"{key or ''}{': ' if key else ''}{token}", "malformed")
    label = label_named(written, labels)
    if label is None:
        return Dropped(written, surface, "unknown_label")
    return Mention(label.name, surface)
