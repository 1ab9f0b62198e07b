"""A grammar's size: how its rules lead to one another, and its terminals written out.

Read a little more generously than the engine does, so that nothing is smaller here than there;
what is read otherwise there, or by rules of its own, is refused.
"""

from collections import Counter
from typing import Any

from service.guard.grammars import regex, schema
from service.guard.grammars.amount import Amount, written_out
from service.guard.grammars.lark_cursor import Cursor
from service.guard.grammars.lark_words import Word, dialect, is_number, is_terminal, words
from service.guard.grammars.outline import Outline
from service.guard.grammars.size import Size, Unmeasurable

# The engine's own limit is 30.
_MOST_BRACKETS = 40
# Of terminals; the engine's time doubles with each that stands in one.
_MOST_INTERSECTIONS = 8
# Characters of a string cost the compiler less than other parts.
_A_STRING = 8
_SUBSTRINGS = frozenset({"substring_words", "substring_chars", "substring_chunks"})
_DEFINED_AS = (":", "::=")


def measure(grammar: str) -> Size:
    """Raises Unmeasurable."""
    return _Reading(grammar).size()


class _Reading:
    def __init__(self, grammar: str) -> None:
        self._words = Cursor(words(grammar))
        # In GBNF a rule may become a terminal, whatever its name.
        self._writes_out_rules = dialect(grammar) == "gbnf"
        self._outline = Outline()
        self._named: dict[str, tuple[int, Amount]] = {}  # its part, and what its body has
        self._links: list[tuple[int, str]] = []

    def size(self) -> Size:
        top = self._outline.add()
        if sum(word.text == "&" for word in self._words.all) > _MOST_INTERSECTIONS:
            raise Unmeasurable(f"up to {_MOST_INTERSECTIONS} intersections (&)")
        while self._words.peek().kind != "end":
            self._item(top)
        for part, name in self._links:
            if name in self._named:
                self._outline.links[part] = self._named[name][0]
        amounts = {name: amount for name, (_, amount) in self._named.items()}
        return Size(self._outline.depth(), written_out(amounts))

    def _item(self, top: int) -> None:
        word = self._words.next()
        if word.kind == "line" or (word.text == "%llguidance" and isinstance(word.value, dict)):
            return
        if word.text == "%import":
            while self._words.peek().kind not in ("line", "end"):
                self._words.next()
        elif word.text == "%ignore":
            self._body(f"%ignore {self._words.at}", top, Amount())
        elif word.kind == "name":
            part = self._outline.add(top)
            attributes = self._head(part)
            self._body(_plain(word.text), part, attributes)
        else:
            raise Unmeasurable(f"a rule, a terminal, %import or %ignore, not {word.text[:32]!r}")

    def _head(self, part: int) -> Amount:
        """What may stand between a name and its body: a priority, attributes with their values."""
        amount = Amount()
        if self._words.peek().text == ".":
            self._words.next(2)
        if self._words.peek().text == "[":
            self._words.next()
            while (word := self._words.next()).text != "]":
                if word.text == "[" or word.kind in ("end", "line", "json"):
                    raise Unmeasurable("attributes of rules with plain values")
                is_value = self._words.peek(-2).text == "="
                if word.kind in ("text", "regex") or (word.kind == "name" and is_value):
                    amount.add(self._value(word, part))
        if self._words.next().text not in _DEFINED_AS:
            raise Unmeasurable("rules as `name: …` or `name ::= …`, without parameters")
        return amount

    def _body(self, name: str, part: int, amount: Amount) -> None:
        if name in self._named:
            raise Unmeasurable(f"each name once, and {name[:64]!r} is there twice")
        self._named[name] = part, amount
        amount.add(self._expansions(part, 0))
        if self._words.peek().text in (")", "]"):
            raise Unmeasurable("brackets that are opened before they end")

    def _expansions(self, part: int, brackets: int) -> Amount:
        """Until the bracket's end, or the body's."""
        amount = Amount(1)
        while not self._ends(brackets):
            word = self._words.next()
            if word.text in ("|", "&"):
                amount.own += 1
            elif word.text == "->":
                self._words.next()
            elif word.kind != "line" and word.text != "~":  # which negates, where no atom is before
                atom = self._atom(word, part, brackets)
                amount.add(atom, self._words.times())
        return amount

    def _ends(self, brackets: int) -> bool:
        word = self._words.peek()
        if word.kind == "end" and brackets:
            raise Unmeasurable("brackets that end")
        if word.kind == "end" or word.text in (")", "]"):
            return True
        if brackets:
            return False
        if word.kind == "name" and self._words.peek(1).text == "::=":
            return True
        goes_on = self._words.peek(1).text == "|"  # an alternative follows behind the line's end
        return word.kind == "line" and not self._writes_out_rules and not goes_on

    def _atom(self, word: Word, part: int, brackets: int) -> Amount:
        if word.text not in ("(", "["):
            return self._value(word, part)
        if brackets >= _MOST_BRACKETS:
            raise Unmeasurable(f"brackets up to {_MOST_BRACKETS} deep")
        amount = self._expansions(self._outline.add(part), brackets + 1)
        if self._words.next().text != {"(": ")", "[": "]"}[word.text]:
            raise Unmeasurable("brackets that end as they begin")
        return amount

    def _value(self, word: Word, part: int) -> Amount:
        if word.kind == "text":
            return Amount(1 + len(word.text) // _A_STRING)
        if word.kind == "regex":
            return self._measured(regex.measure(word.value), part)
        if word.kind == "json":
            return self._json(word, part)
        if word.kind == "name":
            return self._name(word, part)
        if word.kind == "special" or word.text in (".", ".."):
            return Amount(1)
        raise Unmeasurable(f"a body of strings, terminals, rules and brackets, not {word.text!r}")

    def _measured(self, size: Size, part: int) -> Amount:
        self._outline.add(part, weight=size.depth)
        return Amount(size.parts)

    def _json(self, word: Word, part: int) -> Amount:
        if not isinstance(word.value, dict) or word.text == "%llguidance":
            raise Unmeasurable("an object behind %json and %regex")
        if word.text == "%json":
            return self._measured(schema.measure(word.value), part)
        if not set(word.value) <= _SUBSTRINGS:
            raise Unmeasurable(f"one of {', '.join(sorted(_SUBSTRINGS))} behind %regex")
        return Amount(sum(map(_length, word.value.values())))

    def _name(self, word: Word, part: int) -> Amount:
        if (
            self._words.peek().text == "{"
            and self._words.peek(1).text != ","
            and not is_number(self._words.peek(1))
        ):
            raise Unmeasurable("names without parameters")
        name = _plain(word.text)
        self._links.append((self._outline.add(part), name))
        if self._writes_out_rules or is_terminal(name):
            return Amount(0, Counter({name: 1}))
        return Amount(1)


def _length(pieces: Any) -> int:
    """Of a string, or of several together, in code points."""
    several = pieces if isinstance(pieces, list) else [pieces]
    if not all(isinstance(one, str) for one in several):
        raise Unmeasurable("a string or strings in the object behind %regex")
    return sum(len(one) + 1 for one in several)


def _plain(name: str) -> str:
    """Without the marks that change what becomes of it."""
    return name.lstrip("!?")
