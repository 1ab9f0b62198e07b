"""``python_dict``: a Python dictionary with every label as a key, each with a list of surfaces.

The format of LLM-NER: ``{'属于人名类实体有?': ['叶老桂'], '属于景点类实体有?': []}``. Keys are what
the manifest has as ``written``, in its order; strings are quoted and escaped as Python's ``repr``
does. So mentions are stated label by label, in text order within a label; when there is nothing,
every list is empty.
"""

import re
from collections.abc import Sequence

from service.ner.formats.lark import literal, substring_of
from service.ner.formats.reader import Reader
from service.ner.formats.tokens import Tokens
from service.ner.types import Constraint, Decoded, Dropped, Label, Mention, label_named

EMPTY: str | None = None  # the brace ends an answer, not the model
_ENDED = re.compile(r"(['\"])(.*)\1", re.DOTALL)

_ESCAPE = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|[\\'\"nrt])"
)
# Characters of a key that is none, which is told for each of its items; a label's name has no more.
_SHOWN = 64
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
    return reader(labels).whole(completion, complete=complete)


def reader(labels: Sequence[Label]) -> Reader:
    """String by string."""
    return _Dictionary(labels)


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


class _Dictionary(Tokens):
    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__(labels)
        self._key: str | None = None
        self._listed = self._said = False  # inside a list; a list has ended

    def token(self, start: int, end: int) -> None:
        token = self.text[start:end]
        if token in "[]":
            self._listed = token == "["
            self._said |= not self._listed
        elif token in "{}" or (token == "," and not self._listed):
            self._key, self._listed = None, False
        elif token in ":,":
            return
        elif self._key is None and not self._listed:
            self._key = token
        elif token != "None":
            self.reading.add(_read(self._key, token, self.labels), start, end)

    def end(self, *, complete: bool) -> None:
        self.read_to_end()
        if self.reading.empty and not (complete and self._said):
            self.reading.malformed(self.text)


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
        before = f"{key[:_SHOWN]}: " if key else ""
        return Dropped(None, f"{before}{token}", "malformed")
    label = label_named(written, labels)
    if label is None:
        return Dropped(written[:_SHOWN], surface, "unknown_label")
    return Mention(label.name, surface)
