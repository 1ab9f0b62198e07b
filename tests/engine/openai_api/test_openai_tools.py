"""Tools and responses as the openai package asks for them, on a real vLLM behind the gateway."""

import json
from typing import Any

import httpx2
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from tests.engine.openai_api.first_byte import added_ms
from tests.engine.real_engine import BASE, RealEngine

ASKED: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "甲"}]
CITY = {
    "type": "object",
    "properties": {"city": {"enum": ["Bern"]}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": CITY}}]
FLAT: Any = [{"type": "function", "name": "weather", "parameters": CITY, "strict": True}]
NAMED: Any = {"type": "function", "function": {"name": "weather"}}
# A model without knowledge writes what a grammar holds it to: here, what a tuned one would write.
CALL = json.dumps({"name": "weather", "arguments": {"city": "Bern"}})
HELD = {"structured_outputs": {"grammar": f"start: <tool_call> {json.dumps(CALL)} </tool_call>"}}
# One call, at a temperature and seed at which it is not all white space.
ONE: Any = {"max_tokens": 400, "parallel_tool_calls": False, "temperature": 1, "seed": 0}


def calls_of(answer: Any) -> list[Any]:
    """The functions that an answer wants to be called."""
    return list(answer.choices[0].message.tool_calls or ())


@pytest.mark.parametrize("choice", ["required", NAMED])
def test_a_tool_that_has_to_be_called(client: OpenAI, choice: Any) -> None:
    """The engine is held to the tool's schema."""
    answer = client.chat.completions.create(
        model=BASE, messages=ASKED, tools=TOOLS, tool_choice=choice, **ONE
    )
    (call,) = calls_of(answer)
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "weather",
        {"city": "Bern"},
    )


@pytest.mark.parametrize("fields", [{}, {"tool_choice": "auto"}])
def test_a_tool_that_may_be_called(client: OpenAI, fields: dict[str, Any]) -> None:
    """What the model writes as a call is one; what it writes else is text."""
    asked: dict[str, Any] = {"model": BASE, "messages": ASKED, "tools": TOOLS, **fields}
    answer = client.chat.completions.create(**asked, max_tokens=200, extra_body=HELD)
    (call,) = calls_of(answer)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert json.loads(call.function.arguments) == {"city": "Bern"}
    said = client.chat.completions.create(
        **asked, max_tokens=20, extra_body={"structured_outputs": {"choice": ["ja"]}}
    )
    assert (said.choices[0].message.content, said.choices[0].message.tool_calls) == ("ja", None)


@pytest.mark.parametrize(("choice", "held"), [("auto", HELD), ("required", {}), (NAMED, {})])
def test_a_call_in_a_stream(client: OpenAI, choice: Any, held: dict[str, Any]) -> None:
    """Its name once, its arguments in pieces."""
    events = client.chat.completions.create(
        model=BASE,
        messages=ASKED,
        tools=TOOLS,
        tool_choice=choice,
        stream=True,
        extra_body=held,
        **ONE,
    )
    deltas = [
        call
        for event in events
        for choice in event.choices
        for call in choice.delta.tool_calls or ()
    ]
    parts = [one.function for one in deltas if one.function]
    assert [part.name for part in parts if part.name] == ["weather"]
    assert json.loads("".join(part.arguments or "" for part in parts)) == {"city": "Bern"}


def test_a_conversation_with_a_tool(client: OpenAI) -> None:
    """The call and its result go back as the package has them, nulls and all."""
    first = client.chat.completions.create(
        model=BASE, messages=ASKED, tools=TOOLS, tool_choice="required", **ONE
    )
    said = first.choices[0].message
    result: Any = {"role": "tool", "tool_call_id": said.tool_calls[0].id, "content": "8 °C"}
    again: Any = [*ASKED, said.model_dump(), result]
    answer = client.chat.completions.create(
        model="tiny-b", messages=again, tools=TOOLS, max_tokens=2, temperature=0
    )
    assert answer.choices[0].message.content == "BB"


def test_a_response(client: OpenAI) -> None:
    """By the adapter's public name; whole, and in events."""
    answer = client.responses.create(model="tiny-b", input="甲", temperature=0, max_output_tokens=4)
    assert (answer.model, answer.output_text) == ("tiny-b", "BBBB")
    events = list(
        client.responses.create(
            model="tiny-b", input="甲", temperature=0, max_output_tokens=4, stream=True
        )
    )
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == "BBBB"
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.model == "tiny-b"


def test_a_response_with_a_tool(client: OpenAI) -> None:
    """Named; and the result goes back in the input."""
    choice: Any = {"type": "function", "name": "weather"}
    answer = client.responses.create(
        model=BASE,
        input="甲",
        tools=FLAT,
        tool_choice=choice,
        max_output_tokens=400,
        extra_body={"seed": 0},
    )
    (call,) = [one for one in answer.output if one.type == "function_call"]
    assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Bern"})
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "8 °C"}
    said: Any = [{"role": "user", "content": "甲"}, call.model_dump(exclude_none=True), result]
    answer = client.responses.create(
        model="tiny-b", input=said, tools=FLAT, max_output_tokens=2, temperature=0
    )
    assert answer.output_text == "BB"


def test_a_response_in_a_schema(client: OpenAI) -> None:
    """As ``responses.parse`` asks for it."""
    form: Any = {"type": "json_schema", "name": "place", "schema": CITY, "strict": True}
    answer = client.responses.create(
        model=BASE, input="甲", text={"format": form}, max_output_tokens=200
    )
    assert json.loads(answer.output_text) == {"city": "Bern"}


def test_nothing_of_a_response_is_kept(client: OpenAI, engine: RealEngine) -> None:
    """Neither asked for through the gateway nor found in the engine."""
    answer = client.responses.create(model=BASE, input="甲", max_output_tokens=2, store=True)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)
    kept = httpx2.get(f"{engine.url}/v1/responses/{answer.id}", trust_env=False)
    assert kept.status_code == 404
    for fields in ({"background": True}, {"previous_response_id": answer.id}):
        with pytest.raises(openai.BadRequestError, match="nothing is kept here"):
            client.responses.create(model=BASE, input="甲", **fields)


def test_the_first_byte_of_a_response(client: OpenAI, engine: RealEngine, url: str) -> None:
    """As that of a chat."""
    body = {"input": "甲", "max_output_tokens": 4}
    assert added_ms(engine, url, "/v1/responses", body, b"event: response.created") < 50
