"""OpenAI's own package."""

import json
from typing import Literal

import openai
from asking import ASKED, CITY, case, run
from pydantic import BaseModel

MESSAGES = [{"role": "user", "content": ASKED}]
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": CITY}}]
NAMED = {"type": "function", "function": {"name": "weather"}}
FLAT = [{"type": "function", "name": "weather", "parameters": CITY, "strict": True}]


class Place(BaseModel):
    city: Literal["Bern"]


def client(url):
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


@case("chat.completions, whole and streamed")
def _(url, model):
    chat = client(url).chat.completions
    assert chat.create(model=model, messages=MESSAGES).choices
    assert list(chat.create(model=model, messages=MESSAGES, stream=True))


@case("chat.completions.parse (json_schema)")
def _(url, model):
    chat = client(url).chat.completions
    answer = chat.parse(model=model, messages=MESSAGES, response_format=Place)
    assert answer.choices[0].message.parsed.city == "Bern"


@case("tools: auto, named, required; streamed")
def _(url, model):
    chat = client(url).chat.completions
    asked = {"model": model, "messages": MESSAGES, "tools": TOOLS, "parallel_tool_calls": False}
    assert chat.create(**asked).choices
    for choice in (NAMED, "required"):
        (call,) = chat.create(**asked, tool_choice=choice).choices[0].message.tool_calls
        assert json.loads(call.function.arguments) == {"city": "Bern"}
    assert list(chat.create(**asked, tool_choice=NAMED, stream=True))


@case("completions")
def _(url, model):
    assert client(url).completions.create(model=model, prompt=ASKED).choices


@case("responses, whole and streamed")
def _(url, model):
    responses = client(url).responses
    assert responses.create(model=model, input=ASKED).output
    events = list(responses.create(model=model, input=ASKED, stream=True))
    assert events[-1].type in ("response.completed", "response.incomplete")


@case("responses with a tool; responses.parse")
def _(url, model):
    responses = client(url).responses
    choice = {"type": "function", "name": "weather"}
    answer = responses.create(model=model, input=ASKED, tools=FLAT, tool_choice=choice)
    assert [one for one in answer.output if one.type == "function_call"]
    assert responses.parse(model=model, input=ASKED, text_format=Place).output_parsed


@case("errors by the package's classes")
def _(url, model):
    chat = client(url).chat.completions
    for fields in ({"extra_body": {"priority": 1}}, {"temperature": -1}):
        try:
            chat.create(model=model, messages=MESSAGES, **fields)
        except openai.BadRequestError as exc:
            assert exc.type == "invalid_request_error"
        else:
            raise AssertionError("no error")


run()
