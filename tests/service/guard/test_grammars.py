"""Schemas, grammars and regexes are measured before the engine sees them."""

import json
import time
from typing import Any

import pytest

from service.guard.grammars.measure import Kind, measure
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


def doubled(times: int) -> str:
    """A terminal of 2 ** ``times`` letters."""
    middle = "\n".join(f"A{i}: A{i + 1} A{i + 1}" for i in range(times))
    return f'start: A0\n{middle}\nA{times}: "x"'


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
]


@pytest.mark.parametrize(("kind", "value", "said"), TOO_MUCH)
def test_what_would_take_the_engine_is_refused(kind: Kind, value: Any, said: str) -> None:
    """In a sentence that says the limit, and at once."""
    started = time.process_time()
    expected = measure(kind, value, LIMITS)
    assert time.process_time() - started < 2
    assert expected is not None
    assert said in expected


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
