"""Schemas, grammars and regexes that nobody means well: deep, large, circular, broken.

The same seed makes the same ones; many are near a limit.
"""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from service.guard.grammars.measure import Kind

Hostile = tuple[Kind, Any]
_NUMBERS = (0, 1, 2, 3, 7, 30, 100, 299, 1000, 9999, 20_000, 65_536, 10**6, 2**31, 10**9, 10**18)
_LENGTHS = (1, 3, 20, 70, 95, 100, 130, 149, 400, 1100, 4000)
_LETTERS = 'abxyz甲é 0-9\\"/{}[]()|*+?.^$&~:,;<>@#%\n'


def hostile(seed: int) -> Iterator[Hostile]:
    """Without end."""
    rng = Random(seed)
    makers: list[Callable[[Random], Hostile]] = [
        *(_chained_lark, _nested_lark, _lark, _gbnf, _regex, _regex),
        *(_chained_schema, _schema, _schema, _schema, _merged_schema, _choice, _in_lark),
    ]
    while True:
        kind, value = rng.choice(makers)(rng)
        yield kind, _broken(rng, value) if rng.random() < 0.1 else value


def _broken(rng: Random, value: Any) -> Any:
    """As a string with one piece of it taken out, doubled or replaced."""
    text = value if isinstance(value, str) else json.dumps(value)
    at, size = rng.randrange(len(text) + 1), rng.choice((1, 1, 2, 8, 40))
    piece = rng.choice(("", text[at : at + size] * 2, rng.choice(_LETTERS), str(_number(rng))))
    return text[:at] + piece + text[at + size :]


def _number(rng: Random) -> int:
    return rng.choice(_NUMBERS) if rng.random() < 0.5 else rng.randrange(40)


def _few(rng: Random) -> int:
    return rng.choice((1, 2, 3, 5, 9, 30))


def _times(rng: Random) -> str:
    low, high = sorted((_number(rng), _number(rng)))
    forms = ("*", "+", "?", f"~{low}", f"~{low}..{high}", f"{{{low}}}", f"{{{low},}}")
    return rng.choice(("", "", *forms, f"{{{low},{high}}}", f"{{,{high}}}"))


def _chained_lark(rng: Random) -> Hostile:
    """Rules, or terminals, each of which leads to others further on, or back."""
    count, name = rng.choice(_LENGTHS), rng.choice(("a", "A"))
    often, back = rng.choice((1, 1, 2, 3)), rng.random() < 0.2
    rules = [f"start: {name}0"]
    for number in range(count):
        targets = [number + 1 + rng.randrange(rng.choice((1, 3))) for _ in range(often)]
        body = f"{rng.choice((' ', ' | ', ' & '))}".join(f"{name}{min(t, count)}" for t in targets)
        body = rng.choice((body, f"({body})", f'"x" ({body} | "y")', f"[{body}]"))
        rules.append(f"{name}{number}: {body}{_times(rng) if rng.random() < 0.05 else ''}")
    end = f"{name}{rng.randrange(count)}" if back else '"x"'
    return "grammar", "\n".join([*rules, f"{name}{count}: {end}"])


def _nested_lark(rng: Random) -> Hostile:
    count = rng.choice(_LENGTHS)
    opening, closing = rng.choice((("(", ")"), ("[", "]"), ("(", ")?"), ("~(", ")"), ("(", ")*")))
    return "grammar", f'start: A\nA: {opening * count}"x"{closing * count}'


def _lark_body(rng: Random, depth: int = 0) -> str:
    atoms: list[Callable[[], str]] = [
        lambda: '"' + rng.choice(("a", "甲" * _few(rng), "\\n", "\\u4e2d")) + '"',
        lambda: "/" + _pattern(rng).replace("/", "\\/").replace("\n", " ") + "/",
        lambda: rng.choice("ab") + str(rng.randrange(4)),
        lambda: rng.choice("AB") + str(rng.randrange(4)),
        lambda: '"a".."z"',
        lambda: "%json " + json.dumps(_schema(rng)[1]),
        lambda: '%regex {"substring_chars": ' + json.dumps("ab甲" * min(_number(rng), 3000)) + "}",
        lambda: rng.choice(("<|im_end|>", "<[0-99999]>", "@x", "%lark { start: /x/ }")),
    ]
    if depth < 3:
        atoms += [lambda: f"({_lark_body(rng, depth + 1)})"] * 3
    parts = [rng.choice(atoms)() + _times(rng) for _ in range(rng.randrange(1, 4))]
    return rng.choice((" ", " ", " | ", " & ")).join(parts)


def _lark(rng: Random) -> Hostile:
    names = [f"{letter}{number}" for letter in "abAB" for number in range(4)]
    head = rng.choice(("", "%import common.INT\n", "%ignore /\\s+/\n", "%llguidance {}\n"))
    rules = [f"{name}: {_lark_body(rng)}" for name in names]
    return "grammar", head + "start: a0\n" + "\n".join(rules)


def _gbnf(rng: Random) -> Hostile:
    count = rng.choice(_LENGTHS)
    rules = ["root ::= r0"]
    for number in range(count):
        target = f"r{min(number + 1 + rng.randrange(3), count)}"
        body = rng.choice((target, f"({target}) [a-z]", f'"x" {target} | {target}', target * 1))
        rules.append(f"r{number} ::= {body}{_times(rng) if rng.random() < 0.05 else ''}")
    end = rng.choice(("\n", "\n", "\r", "\r\n", " # x\n", " # x\r", "\n" * _few(rng)))
    return "grammar", end.join([*rules, f'r{count} ::= [^"]{_times(rng)}'])


def _pattern(rng: Random, depth: int = 0) -> str:
    atoms = ["a", ".", "[^a-z]", "\\d", "\\p{L}", "(a|b)*a", "甲", "(?:x)", "\\w", "[[:alpha:]]"]
    if depth < rng.choice((2, 4, 6)):
        atoms += [f"({_pattern(rng, depth + 1)})"] * 8
    parts = [rng.choice(atoms) + _regex_times(rng) for _ in range(rng.randrange(1, 4))]
    return rng.choice(("", "", "|")).join(parts)


def _regex_times(rng: Random) -> str:
    low, high = sorted((_number(rng), _number(rng)))
    return rng.choice(("", "", "*", "+", "?", f"{{{low}}}", f"{{{low},}}", f"{{{low},{high}}}"))


def _regex(rng: Random) -> Hostile:
    if rng.random() < 0.2:
        count = rng.choice(_LENGTHS)
        opening, closing = rng.choice((("(", ")"), ("(", ")*"), ("(a|", ")?"), ("(", "b?){0,2}")))
        return "regex", opening * count + "a" + closing * count
    return "regex", _pattern(rng)


def _chained_schema(rng: Random) -> Hostile:
    """Definitions each of which refers to others further on, or back."""
    count = rng.choice(_LENGTHS)
    shape = rng.choice(
        (
            lambda s: {"anyOf": s},
            lambda s: {"allOf": s},
            lambda s: {"type": "object", "properties": {f"p{i}": one for i, one in enumerate(s)}},
            lambda s: {"type": "array", "items": s[0], "prefixItems": s},
            lambda s: {"type": "object", "additionalProperties": s[0], "required": ["a"]},
            lambda s: {**s[0], "type": ["string", "null", "object"]},
        )
    )
    often = rng.choice((1, 1, 2, 3))
    steps = {}
    for number in range(count):
        targets = [min(number + 1 + rng.randrange(rng.choice((1, 3))), count) for _ in range(often)]
        steps[f"d{number}"] = shape([{"$ref": f"#/$defs/d{target}"} for target in targets])
    last = {"$ref": "#"} if rng.random() < 0.2 else {"type": "string"}
    found = {"$ref": "#/$defs/d0", "$defs": {**steps, f"d{count}": last}}
    if rng.random() < 0.2:  # the same names lead elsewhere outside of it
        inside = {rng.choice(("$id", "id", "$anchor")): "http://b/", **found}
        return "json", {"items": inside, "$defs": dict.fromkeys(found["$defs"], True)}
    return "json", found


def _schema(rng: Random, depth: int = 0) -> Hostile:
    low, high = sorted((_number(rng), _number(rng)))
    leaves: list[Callable[[], dict[str, Any]]] = [
        lambda: {"type": "string", "minLength": low, "maxLength": high},
        lambda: {"type": "string", "pattern": _pattern(rng), "maxLength": high},
        lambda: {"type": rng.choice(("integer", "number")), "minimum": low, "maximum": high},
        lambda: {"type": "number", "multipleOf": rng.choice((0.01, 1, 7, 11, 97, 99991, 1e-9))},
        lambda: {"type": "number", "exclusiveMinimum": -low / 7, "maximum": high / 13},
        lambda: {"enum": [rng.choice((1, "a", None, [1], {"a": 1}, 1.5e300))] * _few(rng)},
        lambda: {"type": "string", "format": rng.choice(("date-time", "uuid", "email", "x"))},
        lambda: {"$ref": rng.choice(("#", "#/properties/p0", "#/items", "#/anyOf/0", "http://x"))},
        lambda: {"not": {"type": "string"}, "if": {}, "x-guidance": {"coerce_one_of": True}},
    ]
    if depth >= rng.choice((1, 3, 5)):
        return "json", rng.choice(leaves)()

    def inner() -> dict[str, Any]:
        found: dict[str, Any] = _schema(rng, depth + 1)[1]
        return found

    def several() -> list[dict[str, Any]]:
        return [inner() for _ in range(rng.randrange(1, 4))]

    nests: list[Callable[[], dict[str, Any]]] = [
        lambda: {"type": "array", "items": inner(), "minItems": low, "maxItems": high},
        lambda: {"type": "array", "prefixItems": several(), "items": inner(), "minItems": low},
        lambda: {"type": "object", "properties": {f"p{i}": s for i, s in enumerate(several())}},
        lambda: {"type": "object", "additionalProperties": inner(), "minProperties": low},
        lambda: {"type": "object", "patternProperties": {_pattern(rng): inner()}},
        lambda: {rng.choice(("anyOf", "allOf", "oneOf")): several(), "maxLength": high},
    ]
    return "json", rng.choice([*leaves[:3], *nests, *nests])()


def _merged_schema(rng: Random) -> Hostile:
    """Alternatives under ``allOf``, which a compiler multiplies."""
    width, count = rng.randrange(1, 5), rng.choice((1, 3, 8, 12, 20))
    parts = [{"anyOf": [_schema(rng, 3)[1] for _ in range(width)]} for _ in range(count)]
    named = {"allOf": parts} if rng.random() < 0.5 else {"allOf": [{"items": p} for p in parts]}
    return "json", {"type": "object", "properties": {"a": named}} if rng.random() < 0.3 else named


def _choice(rng: Random) -> Hostile:
    words = [
        rng.choice(("a", "甲" * _few(rng), "", '"', "\n", "\ud800", "a" * min(_number(rng), 9000)))
    ]
    return "choice", words * rng.choice((1, 3, 1024, 6000))


def _in_lark(rng: Random) -> Hostile:
    maker = rng.choice((_chained_schema, _schema, _merged_schema))
    return "grammar", f"start: %json {json.dumps(maker(rng)[1])}"
