"""Schemas, grammars and regexes are measured before the engine sees them."""

import json
import time
from typing import Any

import pytest

from service.guard.grammars.measure import Kind, measure, measure_tools
from service.guard.grammars.size import Limits
from service.settings import Settings

_SETTINGS = Settings()
LIMITS = Limits(_SETTINGS.max_grammar_depth, _SETTINGS.max_grammar_parts)
BILLION = {"type": "array", "minItems": 1_000_000_000, "items": {"type": "string"}}


def chain(rules: int, name: str = "a") -> str:
    """A Lark grammar in which each rule leads to the next."""
    middle = "\n".join(f"{name}{i}: {name}{i + 1}" for i in range(rules))
    return f'start: {name}0\n{middle}\n{name}{rules}: "x"'


def references(count: int) -> dict[str, Any]:
    """A schema in which each definition refers to the next."""
    steps = {f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}]} for i in range(count)}
    return {"$ref": "#/$defs/d0", "$defs": {**steps, f"d{count}": {"type": "string"}}}


def renamed(count: int, name: str = "$id") -> dict[str, Any]:
    """A chain of references inside of a part with an id, where they are the part's own."""
    steps = {f"{i:x}": {"anyOf": [{"$ref": f"#/{i + 1:x}"}]} for i in range(count)}
    inner = {name: "http://b/", **steps, f"{count:x}": {"type": "string"}, "items": {"$ref": "#/0"}}
    elsewhere = {f"{i:x}": True for i in range(count + 1)}
    return {"type": "object", "properties": {"a": inner}, **elsewhere}


def functions(count: int, steps: int) -> list[dict[str, Any]]:
    """Parameters whose references lead on through the next function's, in the one schema that the
    engine makes of all, and a few steps only in each."""
    found: list[dict[str, Any]] = []
    for one in range(count):
        defs = {f"{one}.{i}": {"anyOf": [{"$ref": f"#/$defs/{one}.{i + 1}"}]} for i in range(steps)}
        there = {"$ref": f"#/items/anyOf/{one + 1}/properties/parameters/s"}
        defs[f"{one}.{steps}"] = {"anyOf": [there]}
        found.append(
            {
                "properties": {"a": {"$ref": f"#/$defs/{one}.0"}},
                "s": {"anyOf": [{"$ref": f"#/$defs/{one}.0"}]},
                "$defs": defs,
                "items": {"anyOf": {str(one + 1): {"properties": {"parameters": {"s": True}}}}},
            }
        )
    return found


def hidden(rules: int) -> str:
    """A chain of rules behind what ends a comment for the engine."""
    middle = "\r".join(f"b{i} ::= b{i + 1}" for i in range(rules))
    return f'root ::= b0 # \r{middle}\rb{rules} ::= "x" b0'


def doubled(times: int) -> str:
    """A terminal of 2 ** ``times`` letters."""
    middle = "\n".join(f"A{i}: A{i + 1} A{i + 1}" for i in range(times))
    return f'start: A0\n{middle}\nA{times}: "x"'


def patterned(count: int, length: int = 0) -> dict[str, Any]:
    """A string that has to match so many patterns, and be so long."""
    each = [{"pattern": f"(a|bc|[d-z]{{{i + 3}}})*", "minLength": length} for i in range(count)]
    return {"allOf": [{"type": "string", **one} for one in each]}


def properties(schema: dict[str, Any], *names: str) -> dict[str, Any]:
    """An object of such."""
    return {"type": "object", "properties": dict.fromkeys(names, schema)}


WORD = {"type": "string", "pattern": "^[a-z]+$"}

TOO_MUCH: list[tuple[Kind, Any, str]] = [
    ("grammar", chain(4000), "DEPTH"),
    ("grammar", chain(4000, "A"), "DEPTH"),
    ("json", references(1100), "DEPTH"),
    ("json", json.dumps(references(1100)), "DEPTH"),
    ("json", BILLION, "billion"),
    ("json", {"type": "array", "maxItems": 999_999}, "PARTS"),
    ("json", {"type": "object", "minProperties": 999_999}, "PARTS"),
    ("json", {"properties": {"a": {"type": "array", "minItems": 1e300}}}, "billion"),
    ("json", {"type": "string", "pattern": "^((x{300}){300})$"}, "PARTS"),
    ("json", {"patternProperties": {"x{99999}": {}}}, "PARTS"),
    ("json", {"type": "integer", "multipleOf": 99991}, "multipleOf"),
    ("json", {"allOf": [{"multipleOf": n} for n in (7, 11, 13, 17, 19)]}, "multipleOf"),
    ("json", {"allOf": [{"multipleOf": 1e-300}, {"multipleOf": 1}]}, "multipleOf"),
    ("json", {"multipleOf": 0}, "multipleOf"),
    ("json", {"$ref": "http://127.0.0.1/"}, "within the schema"),
    ("json", {"$ref": "#/nowhere"}, "leads nowhere"),
    ("json", "{", "JSON"),
    ("json", '{"minItems": Infinity}', "JSON"),
    ("json", '{"maxItems": 1, "maxItems": 999999}', "each name once, and 'maxItems'"),
    ("grammar", 'start: %json {"maxItems": 1, "maxItems": 999999}', "each name once"),
    ("regex", "x{1000000}", "PARTS"),
    ("regex", "((x{300}){300})", "PARTS"),
    ("regex", "(" * 30 + "a?" + "b?){0,2}" * 30, "PARTS"),
    ("regex", "(" * 1000 + ")" * 1000, "DEPTH"),
    ("regex", "x{" + "9" * 5000 + "}", "PARTS"),
    ("regex", "(?x) ( # )\n x ){99999}", "flag x"),
    ("regex", "(", "groups"),
    ("regex", ")", "groups"),
    ("regex", "[a", "classes"),
    ("grammar", doubled(20), "PARTS"),
    ("grammar", 'start: A~1000000\nA: "x"', "PARTS"),
    ("grammar", 'start: A{1,1000000}\nA: "x"', "PARTS"),
    ("grammar", "start: /x{1000000}/", "PARTS"),
    ("grammar", "start: /[/]x{1000000}/", "another sign"),
    ("grammar", f"start: %json {json.dumps(BILLION)}", "billion"),
    ("grammar", f"start: %json {json.dumps(references(1100))}", "DEPTH"),
    ("grammar", '%llguidance {}\nstart[stop=/x{99999}/]: "a"', "PARTS"),
    ("grammar", 'start: a\na: "x"\na: "y"', "twice"),
    ("grammar", "start: %lark { start: /x/ }", "another sign"),
    ("grammar", 'start: a::0\na::_: "x"', "sign"),
    ("grammar", "start: " + "(" * 100 + '"x"' + ")" * 100, "brackets"),
    ("grammar", 'root ::= a{999999}\na ::= "x"', "PARTS"),
    ("grammar", "root ::= r0\n" + "\n".join(f"r{i} ::= r{i + 1}" for i in range(999)), "DEPTH"),
    ("choice", ["x"] * 6000, "1024"),
    ("json", renamed(1200), "$id"),
    ("json", {"$schema": "http://json-schema.org/draft-04/schema#", **renamed(1200, "id")}, "id"),
    ("json", patterned(20, 900), "8 patterns"),
    ("json", properties({"items": {"anyOf": [patterned(20)]}}, "a"), "8 patterns"),
    ("json", {"allOf": [properties(WORD, "a")] * 9}, "8 patterns"),
    ("json", {"$ref": "#/$defs/a", **WORD, "$defs": {"a": patterned(8)}}, "8 patterns"),
    ("json", {"$ref": "#/properties", "properties": patterned(1)}, "to several"),
    (
        "json",
        {"$defs": {f"d{i}": {"$ref": f"#/$defs/d{i + 1}", **WORD} for i in range(9)} | {"d9": {}}},
        "8 patterns",
    ),
    ("grammar", hidden(3000), "DEPTH"),
    (
        "grammar",
        "start: A\nA: " + " & ".join(f"/.*(a|bc|[d-z]{{{i + 3}}})*.*/" for i in range(20)),
        "8 intersections",
    ),
    ("grammar", "\n " * 30_000 + 'root ::= "x"', "1000 blanks"),
    ("grammar", "\n" * 60_000 + 'start: "x"', "1000 blanks"),
    # What took the gateway's own time.
    ("regex", "a{" + " " * 60_000, "PARTS"),
    ("regex", r"\x{" * 20_000, "PARTS"),
    ("regex", "(?P<a" * 12_000, "groups"),
    ("json", {"enum": [True] * 20_000, "anyOf": [{"$ref": "#/enum/9"}] * 3000}, "PARTS"),
    ("grammar", ("\n" * 1000 + "a") * 65, "rules as"),
    ("json", {"anyOf": [{"multipleOf": one} for one in range(1, 3000)]}, "multipleOf whose"),
    ("grammar", 'start: %regex {"substring_chunks": [["a"]]}', "a string or strings"),
]


@pytest.mark.parametrize(("kind", "value", "said"), TOO_MUCH)
def test_what_would_take_the_engine_is_refused(kind: Kind, value: Any, said: str) -> None:
    """In a sentence that says the limit, and at once."""
    started = time.process_time()
    expected = measure(kind, value, LIMITS)
    assert time.process_time() - started < 2
    assert expected is not None
    assert said in expected


@pytest.mark.parametrize("end", ['\n| "y"', "\na: start", ""])
def test_lines_of_comments_cost_no_more_than_others(end: str) -> None:
    """Each looked for what follows all of them: 32,000 held everybody up for two minutes."""
    started = time.process_time()
    assert measure("grammar", 'start: "x"' + "\n#" * 32_000 + end, LIMITS) is None
    assert time.process_time() - started < 2


def test_functions_are_measured_as_the_engine_compiles_them() -> None:
    """All in one schema: references lead through it, and its parts are those of all of them."""
    several = functions(12, 90)
    assert [measure("json", one, LIMITS) for one in several] == [None] * 12
    assert "DEPTH" in (measure_tools(several, LIMITS) or "")
    many = {"type": "object", "properties": {"a": {"type": "array", "maxItems": 9000}}}
    assert "PARTS" in (measure_tools([many] * 3, LIMITS) or "")
    assert measure_tools([PERSON, references(20), {}, None, many], LIMITS) is None


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 65_535},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 1000},
        "price": {"type": "number", "multipleOf": 0.01, "minimum": 0},
        "phone": {"type": "string", "pattern": r"^\+?[0-9]{3,15}$"},
        "friends": {"type": "array", "items": {"$ref": "#"}},
        "minItems": {"type": "integer"},
    },
    "required": ["name"],
    "additionalProperties": False,
}
SUMS = r"""
%import common.WS
%ignore WS
start: sum
?sum: product | sum "+" product -> add
    | sum "-" product -> sub
?product: atom (("*" | "/") atom)*
atom: NUMBER | "-" atom | "(" sum ")"
NUMBER: /[0-9]{1,9}(\.[0-9]{1,4})?/
WORD: "a".."z" & ~/[xyz]/
"""
GBNF = r"""
root ::= value
value ::= object | array | string | ("true" | "false") ws
object ::= "{" ws (string ":" ws value ("," ws string ":" ws value)*)? "}" ws
array ::=
  "[" ws (value ("," ws value)*)? "]" ws
string ::= "\"" ([^"\\] | "\\" ["\\/bfnrt])* "\"" ws  # a comment
ws ::= ([ \t\n] ws)?
"""
FINE: list[tuple[Kind, Any]] = [
    ("json", PERSON),
    ("json", json.dumps(PERSON)),
    ("json", {}),
    ("json", {"enum": ["word"] * 5000}),
    ("json", {"$defs": {"a": True}, "$ref": "#/$defs/a"}),
    ("json", {"$id": "http://b/", "$defs": {"a": {"id": "x"}}, "$ref": "#/$defs/a"}),
    ("json", {"properties": {"$id": {"type": "string"}, "a": {"$ref": "#"}}}),
    ("json", {"examples": [{"$id": "x"}]}),
    ("json", patterned(7, 900)),
    ("json", properties(WORD, *"abcdefghijklmnop")),
    ("json", {"allOf": [properties(WORD, *"abcdefghijkl"), properties(WORD, *"mnopqrst")]}),
    ("json", {"anyOf": [WORD] * 30}),
    (
        "json",
        {
            "$ref": "#/$defs/t0",
            "$defs": {
                f"t{i}": properties({"$ref": f"#/$defs/t{(i + 1) % 20}"}, "next")
                | {"properties": {"next": {"$ref": f"#/$defs/t{(i + 1) % 20}"}, "name": WORD}}
                for i in range(20)
            },
        },
    ),
    ("json", 5),
    ("json", None),
    ("regex", r"(?i)[\p{L}\d_-]{1,64}@(?:[a-z]+\.)+[a-z]{2,}"),
    ("regex", r"[]a[^]]]{2}\x{41}\\"),
    ("regex", ".{0,10000}"),
    ("regex", 7),
    ("choice", ["甲" * 500] * 60),
    ("grammar", SUMS),
    ("grammar", GBNF),
    ("grammar", chain(100)),
    ("grammar", '%llguidance {}\nstart: %json {"type": "object"} <|im_end|> WORD?\nWORD: /a/i'),
    ("grammar", 'start: SPAN\nSPAN: %regex {"substring_chunks": ["甲", "乙"]}'),
    (
        "grammar",
        '%llguidance {}\nstart[capture="x", max_tokens=5, lazy]: a\n'
        'a.5: "x"i~2..3 [B] // end\nB: "b"{2,}',
    ),
]


@pytest.mark.parametrize(("kind", "value"), FINE)
def test_what_people_write_is_not(kind: Kind, value: Any) -> None:
    """Schemas, Lark and GBNF of ordinary size; what is of another type is the engine's to judge."""
    assert measure(kind, value, LIMITS) is None
