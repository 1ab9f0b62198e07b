"""What clients send by default: fields that ask for nothing, and shapes whose keys count."""

import json
from typing import Any

import pytest

from service.openai.open_fields import routes
from service.settings import Settings
from tests.conftest import Gateway, error_of
from tests.support.openai_script import CHAT, COMPLETIONS, MESSAGES, RESPONSES

FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def engine_had(gateway: Gateway, fields: dict[str, Any]) -> dict[str, Any]:
    """What the engine was asked, beside the messages and the model."""
    response = gateway.client.post(CHAT, json={"messages": MESSAGES, **fields})
    assert response.status_code == 200, response.text
    had = json.loads(gateway.engine.seen[-1].body)
    return {name: value for name, value in had.items() if name not in ("messages", "model")}


@pytest.mark.parametrize(
    "fields",
    [
        {"functions": None, "function_call": None, "audio": None, "prediction": None},
        {"tools": None, "tool_choice": None, "n": None, "min_tokens": None, "invented": None},
        {"functions": [], "function_call": "none", "best_of": 1, "modalities": ["text"]},
        {"web_search_options": {}, "extra_body": {}, "use_beam_search": False, "priority": 0},
        {"tools": [], "tool_choice": "auto"},
        {"tool_choice": "none"},
    ],
)
def test_what_asks_for_nothing_does_not_reach_the_engine(
    gateway: Gateway, fields: dict[str, Any]
) -> None:
    """The answer is that without it."""
    assert engine_had(gateway, fields) == {}


def test_one_is_not_true(gateway: Gateway) -> None:
    """A value is compared with its type."""
    response = gateway.client.post(COMPLETIONS, json={"prompt": "x", "best_of": True})
    assert (response.status_code, error_of(response)["param"]) == (400, "best_of")


def test_every_field_of_openais_package_is_known() -> None:
    """Open, or closed with a reason: none is called unknown."""
    # Half a second, of the one process that runs this.
    from openai.types import completion_create_params as completions
    from openai.types.chat import completion_create_params as chat
    from openai.types.responses import response_create_params as responses

    known = {one.path: (set(one.rules), set(one.closed)) for one in routes(Settings())}
    for path, params in (
        (CHAT, chat.CompletionCreateParamsBase),
        (COMPLETIONS, completions.CompletionCreateParamsBase),
        (RESPONSES, responses.ResponseCreateParamsBase),
    ):
        rules, closed = known[path]
        assert set(params.__annotations__) <= rules | closed, path
        assert not rules & closed, path


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("guided_json", {}, 'structured_outputs {"json": …}'),
        ("functions", [{"name": "f"}], "tools"),
        ("max_new_tokens", 9, "max_tokens"),
        ("temprature", 0, "did you mean temperature?"),
        ("top_logprob", 0, "did you mean top_logprobs?"),
    ],
)
def test_an_old_or_mistyped_name_gets_a_hint(
    gateway: Gateway, field: str, value: object, says: str
) -> None:
    """The name that it has today."""
    response = gateway.client.post(CHAT, json={"messages": MESSAGES, field: value})
    assert response.status_code == 400
    assert says in error_of(response)["message"]


@pytest.mark.parametrize("kind", ["json", "json_object"])
def test_hugging_faces_shape_of_a_schema_holds(gateway: Gateway, kind: str) -> None:
    """Its client writes so what was json_schema; the engine would ignore the key."""
    had = engine_had(gateway, {"response_format": {"type": kind, "value": SCHEMA}})
    held = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
    assert had == {"response_format": held}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("response_format", {"type": "json_object", "schema": SCHEMA}),
        ("response_format", {"type": "text", "json_schema": {"name": "x", "schema": SCHEMA}}),
        ("response_format", {"type": "json_schema", "json_schema": {"name": "x"}}),
        ("response_format", {"type": "json_schema", "json_schema": {"schema": SCHEMA}}),
        ("response_format", {"type": "json_schema", "schema": SCHEMA, "name": "x"}),
        ("response_format", {"type": "json_schema", "json_schema": {"name": "x", "value": {}}}),
        ("response_format", {"type": "json", "value": "x"}),
        ("stream_options", {"include_usages": True}),
        ("stream_options", {"include_usage": "yes"}),
        ("tools", [{"type": "custom", "custom": {"name": "f"}}]),
        ("tools", [{"name": "f", "parameters": {}}]),
        ("tools", [{"type": "function", "function": {"name": "f", "parameter": {}}}]),
        ("tool_choice", "any"),
        ("tool_choice", {"type": "allowed_tools", "allowed_tools": {}}),
    ],
)
def test_a_key_that_would_be_ignored_is_refused(gateway: Gateway, field: str, value: Any) -> None:
    """400 in one sentence; nothing is lost in silence."""
    body: dict[str, Any] = {"messages": MESSAGES, "tools": [FUNCTION]}
    response = gateway.client.post(CHAT, json={**body, field: value})
    error = error_of(response)
    assert (response.status_code, error["param"]) == (400, field)
    assert len(error["message"]) < 300
    assert gateway.engine.seen == []


def test_tools_reach_the_engine_as_they_came(gateway: Gateway) -> None:
    """With whatever choice there may be among them."""
    named = {"type": "function", "function": {"name": "f"}}
    for choice in ("auto", "none", "required", named):
        fields = {"tools": [FUNCTION], "tool_choice": choice, "parallel_tool_calls": False}
        assert engine_had(gateway, fields) == fields
