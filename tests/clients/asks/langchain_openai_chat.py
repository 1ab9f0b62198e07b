"""LangChain's ChatOpenAI."""

from typing import Literal

from asking import ASKED, case, run
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class Place(BaseModel):
    """A place."""

    city: Literal["Bern"]


@tool
def weather(city: Literal["Bern"]) -> str:
    """The weather in a city."""
    return "8 °C"


def chat(url, model, **options):
    return ChatOpenAI(base_url=f"{url}/v1", api_key="none", model=model, max_retries=0, **options)


@case("invoke, stream")
def _(url, model):
    assert chat(url, model).invoke(ASKED).response_metadata
    assert list(chat(url, model).stream(ASKED))


@case("use_responses_api")
def _(url, model):
    assert chat(url, model, use_responses_api=True).invoke(ASKED)
    assert list(chat(url, model, use_responses_api=True).stream(ASKED))


@case("with_structured_output, its default")
def _(url, model):
    assert chat(url, model).with_structured_output(Place).invoke(ASKED).city == "Bern"


@case("with_structured_output(function_calling)")
def _(url, model):
    held = chat(url, model).with_structured_output(Place, method="function_calling")
    assert held.invoke(ASKED).city == "Bern"


@case("an agent with a tool")
def _(url, model):
    agent = create_agent(chat(url, model), [weather])
    assert agent.invoke({"messages": [{"role": "user", "content": ASKED}]})["messages"]


run()
