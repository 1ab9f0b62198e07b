"""``/v1/responses``: what may be asked, and that nothing is kept."""

import json
from typing import Any

import pytest

from tests.conftest import BASE, ENGINE_NAME, Gateway, error_of
from tests.support.fake_engine import streams
from tests.support.openai_script import RESPONSES, public, writes

FORM = {"type": "json_schema", "name": "x", "schema": {"type": "object"}}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
ANSWER = b'{"id":"resp_1","object":"response","model":"clue@01234567","output":[]}'
DEEP: dict[str, Any] = {"type": "string"}
for _ in range(400):
    DEEP = {"type": "array", "items": DEEP}
ANSWERED: dict[str, Any] = {"type": "output_text", "text": "x"}
IMAGE = {"type": "input_image", "image_url": "http://169.254.169.254/"}


def test_what_is_open_is_passed_through(gateway: Gateway) -> None:
    """OpenAI's fields as they came, and never to be stored; the model by its public name."""
    gateway.engine.script = writes(ANSWER)
    body = {
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "叶"}]},
            {"type": "message", "role": "assistant", "content": "老"},
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": "桂"},
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": None, "status": None},
            {
                **{"type": "message", "role": "assistant", "id": "msg_1", "status": "completed"},
                **{"content": [ANSWERED], "phase": None},
            },
        ],
        "instructions": "x",
        "max_output_tokens": 1024,
        "include": ["reasoning.encrypted_content"],
        "text": {"format": FORM, "verbosity": "low"},
        "tools": [TOOL],
        "tool_choice": {"type": "function", "name": "f"},
        "reasoning": {"effort": "low"},
        "store": True,
    }
    response = gateway.client.post(RESPONSES, json=body)
    assert (response.status_code, response.content) == (200, public(ANSWER))
    (seen,) = gateway.engine.seen
    assert seen.path == RESPONSES
    assert json.loads(seen.body) == {**body, "store": False, "model": ENGINE_NAME}


def test_what_an_answer_had_beside_its_text_goes_no_further(gateway: Gateway) -> None:
    """Clients send back what they were told: it reaches no model, and the engine would judge it."""
    gateway.engine.script = writes(ANSWER)
    told = [{"token": "x", "logprob": -0.1, "bytes": [120], "top_logprobs": []}]
    part = {"type": "output_text", "text": "x"}
    answered = {"role": "assistant", "id": "msg_1", "content": [part]}
    called = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
    sent = [
        {
            **answered,
            "content": [{**part, "logprobs": told, "annotations": [{}], "parsed": {"a": [1]}}],
        },
        {**called, "parsed_arguments": {"a": [1]}, "namespace": "ns", "created_by": "me"},
        {"role": "user", "content": "x", "name": "me", "metadata": {"a": "b"}},
    ]
    assert gateway.client.post(RESPONSES, json={"input": sent}).status_code == 200
    (seen,) = gateway.engine.seen
    assert json.loads(seen.body)["input"] == [
        answered,
        {**called, "namespace": "ns"},
        {"role": "user", "content": "x"},
    ]


def test_a_stream(gateway: Gateway) -> None:
    """Event by event, with the public name in each."""
    events = [
        b'event: response.created\ndata: {"response":{"model":"clue@01234567"}}\n\n',
        b'event: response.completed\ndata: {"response":{"model":"clue@01234567"}}\n\n',
    ]
    gateway.engine.script = streams(*events)
    response = gateway.client.post(RESPONSES, json={"input": "叶", "stream": True})
    assert response.content == b"".join(map(public, events))


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("background", True, "nothing is kept here"),
        ("previous_response_id", "resp_1", "nothing is kept here; send all that was said"),
        ("conversation", "conv_1", "nothing is kept here"),
        ("prompt", {"id": "x"}, "no prompts are kept here"),
        ("messages", [], "its name is input"),
        ("max_tokens", 9, "its name is max_output_tokens"),
        ("response_format", {"type": "text"}, "its name is text.format"),
        ("priority", -1, "the operator's"),
        ("request_id", "x", "the operator's"),
        ("max_output_tokens", 1025, "a whole number from 1 to 1024"),
        ("temperature", "1e999", "a number below 2147483648"),
        ("max_tool_calls", "9", "a number below 2147483648"),
        ("seed", "1", "a whole number below"),
        ("stop_token_ids", [-5], "a list of whole numbers from 0"),
        ("logit_bias", {"x": 1}, "from tokens as whole numbers from 0"),
        ("top_logprobs", 21, "a whole number from 0 to 20"),
        ("input", [{"role": "user", "content": [IMAGE]}], 'parts of type "input_text"'),
        ("input", [{"type": "item_reference", "id": "msg_1"}], "items of message"),
        (
            "input",
            [{"role": "user", "content": [{"type": "input_text", **IMAGE}]}],
            "each message with",
        ),
        ("input", [{"type": "function_call_output", "call_id": "1", "output": [IMAGE]}], "text"),
        ("input", 3, "a string, or at most 1024 items"),
        ("input", [{}] * 100, "each message with a role"),
        ("input", [1] * 100, "a string, or items of message"),
        ("input", [{"role": "user", "content": "x"}] * 1025, "at most 1024 items"),
        ("input", [{"role": "user", "content": [{"type": "output_text", "text": "x"}]}], "role"),
        ("input", [{"role": "assistant", "content": [ANSWERED]}], "with a type or id"),
        ("input", [{"type": "function_call", "call_id": "1", "name": "f"}], "arguments"),
        ("input", [{"type": "function_call_output", "call_id": "1", "output": {}}], "call_id and"),
        ("input", [{"type": "reasoning", "id": "r"}], "each reasoning with its summary"),
        ("input", [{"role": "tool", "content": "x", "tool_call_id": "1"}], "a role (user, system"),
        ("input", [{"role": "user", "content": "x", "status": "new"}], "each message with"),
        ("include", ["x"] * 65, "at most 64 values"),
        ("tools", [{"type": "web_search"}], "a list of"),
        ("tools", [{"type": "mcp", "server_url": "http://x"}], "a list of"),
        ("tools", [{"type": "function", "function": {"name": "f"}}], "a list of"),
        ("tools", [{**TOOL, "name": "字" * 22000}], "at most 65536 bytes"),
        ("tools", [{**TOOL, "parameters": DEEP}], "deep"),
        ("text", {"format": {**FORM, "schema": DEEP}}, "deep"),
        ("structured_outputs", {"json": DEEP}, "deep"),
        ("tool_choice", {"type": "mcp", "server_label": "x"}, "none, auto, required"),
        ("text", {"format": {**FORM, "type": "structural_tag"}}, "a format of type text"),
        ("text", {"format": {"type": "json_schema", "json_schema": {}}}, "a format of type text"),
        ("text", {"form": FORM}, "format and verbosity"),
        ("structured_outputs", {"structural_tag": "{}"}, "an object of json"),
        ("chat_template_kwargs", {"max_length": 1}, "enable_thinking"),
    ],
)
def test_what_is_not(gateway: Gateway, field: str, value: Any, says: str) -> None:
    """400 in one sentence; the engine hears nothing."""
    response = gateway.client.post(RESPONSES, json={"input": "叶", "model": BASE, field: value})
    error = error_of(response)
    assert (response.status_code, error["param"]) == (400, field)
    assert says in error["message"]
    assert len(error["message"]) < 300
    assert gateway.engine.seen == []
