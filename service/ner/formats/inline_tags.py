r"""``inline_tags``: the whole text again, entities in tags: ``<company>浙商银行</company>企业…``.

The other format of LLM-NER. Mentions stand in text order; nothing found is the bare text. Whatever
looks like a tag is one, so where the text itself has such a place, or has ``<\``, a backslash is
written after that ``<``; decoding takes one backslash after each ``<`` away.

Grounded, every tagged surface is held to the text, and so is every stretch between two entities.
That the stretches follow each other is left to the model: a grammar that forces the copy grows with
labels times characters (to compile: 100 ms for 256 characters, 670 for 1,000; this one: 3 and 4).
"""

import re
from collections.abc import Sequence

from service.ner.formats.lark import literal, substring_of
from service.ner.formats.reader import Reader
from service.ner.types import Constraint, Decoded, Dropped, Label, Mention, label_named

EMPTY: str | None = None  # the text's end ends an answer, not the model
_TAG = re.compile(r"<(/?)([^<>\\/\s][^<>\n]*)>")
_ANY_TAG = r"/<\/?[^<>\\\/\s][^<>\n]*>/"


def encode(mentions: Sequence[Mention], labels: Sequence[Label], text: str | None = None) -> str:
    """``text`` with tags; each mention takes the first place after the one before.

    Raises KeyError for a mention whose label is not in ``labels``, ValueError for one that has no
    such place, and without ``text``.
    """
    if text is None:
        raise ValueError("inline_tags repeats the text; expected the text beside its mentions")
    written = {label.name: label.written for label in labels}
    pieces, parts, end = _escaped(text), [], 0
    for mention in mentions:
        start = text.find(mention.surface, end)
        if start < 0:
            raise ValueError(f"{mention.surface!r} does not follow the mention before it")
        tag, last = written[mention.label], end
        end = start + len(mention.surface)
        parts += [*pieces[last:start], f"<{tag}>", *pieces[start:end], f"</{tag}>"]
    return "".join([*parts, *pieces[end:]])


def decode(completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
    """Read every pair of tags; of nested ones the inner; a tag without partner is malformed."""
    return reader(labels).whole(completion, complete=complete)


def reader(labels: Sequence[Label]) -> Reader:
    """Pair by pair."""
    return _Tags(labels)


def grammar(text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
    """Tags of ``labels``, in pairs; when grounded, around and between parts of ``text``."""
    if constraint == "none":
        return None
    tagged = (
        f"{literal(f'<{label.written}>')} SURFACE {literal(f'</{label.written}>')}"
        for label in labels
    )
    # One terminal: the lexer is greedy, and could not tell a stretch that ends in "<" from a tag.
    # A substring may be empty; the intersections forbid empty surfaces and a completion that is
    # empty or, unless the text is, blank.
    least = r"/(?s:.*\S.*)/" if text.strip() else "/(?s:.+)/"
    rules = [
        "start: ANSWER",
        f"ANSWER: (STRETCH (ENTITY STRETCH)*) & {least}",
        f"ENTITY: {' | '.join(tagged)}",
        "SURFACE: STRETCH & /(?s:.+)/",
    ]
    if constraint == "grounded":
        rules.append(f"STRETCH: {substring_of(_escaped(text))}")
    else:
        rules += ["STRETCH: ~HOLDS", "HOLDS: /(?s:.*)/ ANY_TAG /(?s:.*)/", f"ANY_TAG: {_ANY_TAG}"]
    return "\n".join(rules)


def refuse_label(written: str) -> str | None:
    """A label has to look like the name of a tag."""
    if _TAG.fullmatch(f"<{written}>") and _TAG.fullmatch(f"</{written}>"):
        return None
    return "a label without '<', '>' and line breaks, that begins with neither '/' nor '\\\\'"


def max_tokens(size: int) -> int:
    """The text again, and two tags for each entity; a token has a byte at least."""
    return 64 + 2 * size


class _Tags(Reader):
    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__(labels)
        self._behind = self._sought = 0  # the last ">"; up to where the next was looked for
        self._opened: re.Match[str] | None = None

    def read_on(self) -> None:
        while (end := self.text.find(">", self._sought)) >= 0:
            # No tag holds a "<" or a ">", so this is the only place where one can begin.
            start = self.text.rfind("<", self._behind, end)
            self._behind = self._sought = end + 1
            if start >= 0 and (tag := _TAG.fullmatch(self.text, start, end + 1)):
                self._read(tag)
        self._sought = len(self.text)

    def _read(self, tag: re.Match[str]) -> None:
        opened, self._opened = self._opened, None
        if opened and tag[1] and tag[2] == opened[2]:
            read = _read(self.text[opened.end() : tag.start()], tag[2], self.labels)
            self.reading.add(read, opened.start(), tag.end())
            return
        if opened:
            self.reading.malformed(self.text[opened.start() : tag.start()])
        if tag[1]:
            self.reading.malformed(tag.group())
        else:
            self._opened = tag

    def end(self, *, complete: bool) -> None:
        if self._opened:
            self.reading.malformed(self.text[self._opened.start() :])
        if not self.text.strip():
            self.reading.malformed(self.text)


def _escaped(text: str) -> list[str]:
    """Each character as it is written; what is escaped depends on what follows it in the text."""
    marked = {match.start() for match in _TAG.finditer(text)}
    marked |= {match.start() for match in re.finditer(r"<\\", text)}
    return ["<\\" if place in marked else char for place, char in enumerate(text)]


def _read(inside: str, written: str, labels: Sequence[Label]) -> Mention | Dropped:
    surface = inside.replace("<\\", "<")
    if not surface:
        return Dropped(None, f"<{written}></{written}>", "malformed")
    label = label_named(written, labels)
    if label is None:
        return Dropped(written.strip(), surface, "unknown_label")
    return Mention(label.name, surface)
