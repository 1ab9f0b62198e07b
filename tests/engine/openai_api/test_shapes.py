"""What the gateway lets through is of the shape that the engine's types hold: it tells of a value
that is not once for each type that it could have been, and a few thousand of them would end it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from service.openai.open_fields import routes
from service.settings import Settings
from service.wire.json_object import JsonObject

CHAT, COMPLETIONS, RESPONSES = "/v1/chat/completions", "/v1/completions", "/v1/responses"
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PART, ANSWER = {"type": "input_text", "text": "x"}, {"type": "output_text", "text": "x"}
STATED = {"type": "message", "id": "msg_1", "status": "completed", "phase": None}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "x"}]}
THOUGHT = {"type": "reasoning_text", "text": "x"}

ITEMS: list[dict[str, Any]] = [
    *({"role": role, "content": "x"} for role in ("user", "system", "developer", "assistant")),
    *({"role": role, "content": [PART]} for role in ("user", "system", "developer", "assistant")),
    *({**STATED, "role": role, "content": [PART]} for role in ("user", "system", "assistant")),
    {"role": "user", "content": [], "id": None, "status": None},
    {"type": "message", "role": "assistant", "content": [ANSWER]},
    {"role": "assistant", "id": "msg_1", "content": [ANSWER]},
    {**STATED, "role": "assistant", "content": [{**ANSWER, "annotations": [], "logprobs": []}]},
    {**STATED, "role": "assistant", "content": [{"type": "refusal", "refusal": "x"}]},
    {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}", "id": None},
    {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}", "namespace": "n"},
    {"type": "function_call_output", "call_id": "1", "output": "x", "status": None},
    {"type": "function_call_output", "call_id": "1", "output": [PART]},
    {**REASONING, "content": None, "encrypted_content": None, "status": None},
    {**REASONING, "content": [THOUGHT], "encrypted_content": "x"},
    {"type": "reasoning", "summary": []},
]
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "x"},
    {"role": "user", "content": [{"type": "text", "text": "x"}, "x"]},
    {"role": "assistant", "content": None, "tool_calls": [CALL], "refusal": None, "audio": None},
    {"role": "assistant", "tool_calls": [{**CALL, "index": 0}], "annotations": []},
    {"role": "tool", "content": "x", "tool_call_id": "1"},
]
ODD = dict.fromkeys(("name", "tool_call_id", "refusal", "audio", "function_call", "tools"), 5)
# The most, and the worst of it, that passes.
WORST: list[tuple[str, dict[str, Any]]] = [
    (CHAT, {"messages": [{"role": "user", "content": "x", **ODD}] * 1024}),
    (CHAT, {"messages": [{"role": "x", "content": "x", "audio": [{}] * 16}] * 1024}),
    (CHAT, {"messages": [], "metadata": {f"x{number}": [] for number in range(64)}}),
    (CHAT, {"messages": [], "user": [{}] * 64, "metadata": [{}] * 64}),
    (COMPLETIONS, {"prompt": "x", "suffix": [{}] * 64, "user": [{}] * 64}),
    (RESPONSES, {"input": "x", "include": [{}] * 64, "reasoning": {"effort": [{}] * 60}}),
]


def problems(python: Path, *bodies: tuple[str, dict[str, Any]]) -> list[int]:
    """How many the engine's types tell of each body, which the gateway has let through."""
    open_routes = {route.path: route for route in routes(Settings())}
    lines = []
    for path, body in bodies:
        passed = open_routes[path].checked(
            JsonObject.read(json.dumps({"model": "m", **body}).encode())
        )
        lines.append(json.dumps([path, passed.values]))
    script = Path(__file__).with_name("count_problems.py")
    ran = subprocess.run(
        [python, script], input="\n".join(lines), capture_output=True, text=True, check=True
    )
    told = [line for line in ran.stdout.splitlines() if line.startswith("problems ")]
    return [int(line.split()[1]) for line in told]


@pytest.mark.slow
def test_what_is_let_through_fills_no_memory(engine_python: Path) -> None:
    """Each good shape is good to the engine, too; of the worst it tells within a tenth of a
    second."""
    good: list[tuple[str, dict[str, Any]]] = [(RESPONSES, {"input": [item]}) for item in ITEMS]
    good += [(CHAT, {"messages": [message]}) for message in MESSAGES]
    good += [(COMPLETIONS, {"prompt": one}) for one in ("x", ["x", "x"], [1, 2], [[1], [2]])]
    told = problems(engine_python, *good, *WORST)
    assert len(told) == len(good) + len(WORST)
    assert told[: len(good)] == [0] * len(good)
    assert max(told) < 50_000
