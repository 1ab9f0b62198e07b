"""What took the engine from everybody else: refused in front of it, and it is alive afterwards."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.engine.gateway import gateway
from tests.engine.real_engine import BASE, RealEngine
from tests.fuzz.attack import attack
from tests.service.guard.test_grammars import (
    BILLION,
    chain,
    functions,
    hidden,
    patterned,
    references,
    renamed,
)

DOORS: dict[str, dict[str, Any]] = {
    "4,000 rules": {"structured_outputs": {"grammar": chain(4000)}},
    "4,000 terminals": {"structured_outputs": {"grammar": chain(4000, "A")}},
    "1,100 references": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": references(1100)},
        }
    },
    "a billion items": {"structured_outputs": {"json": BILLION}},
    "a billion items, as a string": {"structured_outputs": {"json": json.dumps(BILLION)}},
    "a billion items in Lark": {
        "structured_outputs": {"grammar": f"start: %json {json.dumps(BILLION)}"}
    },
    "a billion items of a tool": {
        "tools": [{"type": "function", "function": {"name": "f", "parameters": BILLION}}]
    },
    "1,200 references that an id renames": {"structured_outputs": {"json": renamed(1200)}},
    "3,000 rules behind a comment": {"structured_outputs": {"grammar": hidden(3000)}},
    "1,000 references through functions": {
        "tool_choice": "required",
        "tools": [
            {"type": "function", "function": {"name": f"f{i}", "parameters": one}}
            for i, one in enumerate(functions(12, 90))
        ],
    },
    "20 patterns for one string": {"structured_outputs": {"json": patterned(20, 900)}},
    "30,000 blank lines": {"structured_outputs": {"grammar": "\n " * 30_000 + 'root ::= "x"'}},
    "repetitions that the engine gives up as it writes": {
        "structured_outputs": {"regex": r"(((?:x){3,15})+){14,18}(((?:x){3,15})+){24,}\d*"}
    },
    "a rule without an end": {"structured_outputs": {"grammar": 'root ::= r\nr ::= "x" r'}},
    "many multiples": {
        "structured_outputs": {"json": {"allOf": [{"multipleOf": n} for n in (7, 11, 13, 17, 19)]}}
    },
}


@pytest.fixture(scope="module")
def client(session_engine: RealEngine) -> Iterator[httpx2.Client]:
    """A client of a gateway in front of the engine."""
    with gateway(session_engine) as client:
        yield client


@pytest.mark.parametrize("door", DOORS)
def test_one_request_does_not_end_the_engine(
    engine: RealEngine, client: httpx2.Client, door: str
) -> None:
    """400 or 422 in less than two seconds, and the engine answers the next."""
    process = engine.process
    body = {"model": BASE, "messages": [{"role": "user", "content": "甲"}], "max_tokens": 2}
    refused = client.post("/v1/chat/completions", json={**body, **DOORS[door]})
    assert refused.status_code in (400, 422), refused.text
    assert refused.elapsed.total_seconds() < 2
    assert engine.alive and engine.process is process
    assert engine.chat(BASE, "甲").status_code == 200


def test_hostile_grammars(engine: RealEngine) -> None:
    """The short form of `make attack`."""
    found = attack(engine, seed=7, count=150)
    assert found.faults == []
    assert found.refused_by_us > 20
