"""A JSON schema's size: its parts and references, with items and properties counted out."""

from fractions import Fraction
from math import lcm
from typing import Any
from urllib.parse import unquote

from service.guard.grammars import regex
from service.guard.grammars.merging import Merging
from service.guard.grammars.outline import Outline
from service.guard.grammars.size import MOST, Size, Unmeasurable

# What the compiler writes out one by one …
_COUNTED = frozenset(
    {"minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"}
)
# … and what it counts down, which costs it far less.
_LENGTHS = frozenset({"minLength", "maxLength"})
_A_LENGTH = 100
_PATTERNS = frozenset({"pattern", "whitespace_pattern", "item_separator", "key_separator"})
# The automaton of numbers that are multiples of several has a state for each remainder.
_MOST_MULTIPLE = 10_000
_MOST_DIVISORS = 64  # that any number up to there has
# That many at once; see Merging.
_MOST_PATTERNS = 8
_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
# Inside of a part that has one, "#/…" leads from that part and not from the whole: elsewhere than
# what is measured here. The older name holds where the schema says that it is as old.
_IDS = {"$id": "", "id": "draft-04"}


def measure(schema: dict[str, Any], dangling: bool = False) -> Size:
    """Linear time; raises Unmeasurable for a reference to elsewhere, or a number that is none.

    ``dangling``: references may lead nowhere, for which the engine refuses what it gets.
    """
    return _Walk(schema, dangling).size()


class _Walk:
    def __init__(self, schema: dict[str, Any], dangling: bool) -> None:
        self._schema = schema
        self._dangling = dangling
        self._outline, self._merging = Outline(), Merging()
        self._places: dict[int, int] = {}  # id of a part -> its number
        self._references: list[tuple[int, str]] = []
        self._ids: set[str] = set()  # the keywords by which parts inside have names of their own
        self._multiples: list[Fraction] = []
        self._parts = 0
        self._deepest_pattern = 0

    def size(self) -> Size:
        self._walk()
        self._check_ids()
        for part, reference in self._references:
            target = self._target(reference)
            if target is not None:
                self._outline.links[part] = target
        self._check_multiples()
        self._check_patterns()
        return Size(self._outline.depth() + self._deepest_pattern, min(self._parts, MOST))

    def _walk(self) -> None:
        left: list[tuple[int | None, str | None, Any]] = [(None, None, self._schema)]
        while left:
            parent, keyword, value = left.pop()
            self._parts += 1
            if not isinstance(value, dict | list):
                continue
            part = self._outline.add(parent)
            self._merging.add(value, parent, keyword)
            self._places[id(value)] = part
            if isinstance(value, dict):
                for key, inner in value.items():
                    self._look(part, key, inner)
                left += [(part, key, inner) for key, inner in value.items()]
            else:
                left += [(part, None, inner) for inner in value]

    def _look(self, part: int, key: str, value: Any) -> None:
        if isinstance(value, str):
            self._said(part, key, value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if key in _COUNTED:
                self._parts += _whole(key, value)
            elif key in _LENGTHS:
                self._parts += _whole(key, value) // _A_LENGTH
            elif key == "multipleOf":
                self._multiple(value)
        elif key == "patternProperties" and isinstance(value, dict):
            for pattern in value:
                self._pattern(pattern)

    def _said(self, part: int, key: str, value: str) -> None:
        if key in _REFERENCES:
            self._references.append((part, value))
        elif key in _PATTERNS:
            self._pattern(value)
        elif key in _IDS and part:
            self._ids.add(key)

    def _pattern(self, pattern: str) -> None:
        size = regex.measure(pattern)
        self._parts += size.parts
        self._deepest_pattern = max(self._deepest_pattern, size.depth)

    def _multiple(self, value: int | float) -> None:
        if not 0 < value < MOST:
            raise Unmeasurable("multipleOf above 0 and below a billion")
        self._multiples.append(Fraction(str(value)))

    def _check_ids(self) -> None:
        said = self._schema.get("$schema")
        said = said if isinstance(said, str) else ""
        for name in self._ids:
            if self._references and _IDS[name] in said:
                raise Unmeasurable(f"no {name} inside of a schema with references")

    def _target(self, reference: str) -> int | None:
        """The part that a JSON pointer leads to; None for a schema that is true or false, and for
        nowhere where that may be."""
        value: Any = self._schema
        if not reference.startswith("#"):
            raise Unmeasurable(f'references within the schema ("#/…"), not {reference[:64]!r}')
        for step in reference[1:].split("/")[1:]:
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict):
                value = value.get(name)
            elif isinstance(value, list) and name.isdecimal() and len(name) < len(str(MOST)):
                value = value[int(name)] if int(name) < len(value) else None
            else:
                value = None
        if isinstance(value, bool):
            return None
        place = self._places.get(id(value)) if reference[1:2] in ("", "/") else None
        if place is None and self._dangling:
            return None
        if place is None or self._merging.kinds[place] != "schema":
            to = "nowhere" if place is None else "to several"
            raise Unmeasurable(f"references to parts of the schema; {reference[:64]!r} leads {to}")
        return place

    def _check_patterns(self) -> None:
        if self._merging.most(self._outline.inside, self._outline.links) > _MOST_PATTERNS:
            raise Unmeasurable(
                f"up to {_MOST_PATTERNS} patterns and formats that one string has to match"
            )

    def _check_multiples(self) -> None:
        each = set(self._multiples)
        scale = lcm(*(one.denominator for one in each)) if len(each) <= _MOST_DIVISORS else 0
        if not scale or lcm(*(int(one * scale) for one in each)) > _MOST_MULTIPLE:
            raise Unmeasurable(
                f"values of multipleOf whose least common multiple is up to {_MOST_MULTIPLE} "
                "units of their last digit"
            )


def _whole(key: str, value: int | float) -> int:
    if not 0 <= value < MOST:
        raise Unmeasurable(f"{key} from 0 to less than a billion")
    return int(value)
