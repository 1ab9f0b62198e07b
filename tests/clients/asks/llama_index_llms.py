"""LlamaIndex."""

from typing import Literal

from asking import ASKED, case, run
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI, OpenAIResponses
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel


class Place(BaseModel):
    """A place."""

    city: Literal["Bern"]


def weather(city: Literal["Bern"]) -> str:
    """The weather in a city."""
    return "8 °C"


def like(url, model):
    return OpenAILike(
        model=model,
        api_base=f"{url}/v1",
        api_key="none",
        max_retries=0,
        is_chat_model=True,
        is_function_calling_model=True,
    )


@case("OpenAILike: chat, stream_chat, complete")
def _(url, model):
    assert like(url, model).chat([ChatMessage(role="user", content=ASKED)])
    assert list(like(url, model).stream_chat([ChatMessage(role="user", content=ASKED)]))
    assert like(url, model).complete(ASKED)


@case("OpenAILike: a tool that has to be called")
def _(url, model):
    tool = FunctionTool.from_defaults(weather)
    answer = like(url, model).chat_with_tools([tool], user_msg=ASKED, tool_required=True)
    assert like(url, model).get_tool_calls_from_response(answer)


@case("OpenAILike: as_structured_llm")
def _(url, model):
    held = like(url, model).as_structured_llm(Place)
    assert held.chat([ChatMessage(role="user", content=ASKED)]).raw.city == "Bern"


@case("OpenAI (knows OpenAI's names only)")
def _(url, model):
    OpenAI(model=model, api_base=f"{url}/v1", api_key="none").complete(ASKED)


@case("OpenAIResponses, with a context_window")
def _(url, model):
    llm = OpenAIResponses(model=model, api_base=f"{url}/v1", api_key="none", context_window=2048)
    assert llm.complete(ASKED)


run()
