"""Pydantic AI."""

from typing import Literal

from asking import ASKED, case, run
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


class Place(BaseModel):
    """A place."""

    city: Literal["Bern"]


def chat(url, model):
    return OpenAIChatModel(model, provider=OpenAIProvider(base_url=f"{url}/v1", api_key="none"))


def responses(url, model):
    provider = OpenAIProvider(base_url=f"{url}/v1", api_key="none")
    return OpenAIResponsesModel(model, provider=provider)


@case("OpenAIChatModel: text")
def _(url, model):
    assert Agent(chat(url, model)).run_sync(ASKED).output is not None


@case("OpenAIChatModel: an output type (tools, required)")
def _(url, model):
    assert Agent(chat(url, model), output_type=Place).run_sync(ASKED).output.city == "Bern"


@case("OpenAIChatModel: NativeOutput (json_schema)")
def _(url, model):
    agent = Agent(chat(url, model), output_type=NativeOutput(Place))
    assert agent.run_sync(ASKED).output.city == "Bern"


@case("OpenAIResponsesModel (the model of openai:…): text")
def _(url, model):
    assert Agent(responses(url, model)).run_sync(ASKED).output is not None


@case("OpenAIResponsesModel: an output type")
def _(url, model):
    agent = Agent(responses(url, model), output_type=Place)
    assert agent.run_sync(ASKED).output.city == "Bern"


run()
