"""LiteLLM's package."""

import litellm
from asking import ASKED, CITY, case, run

MESSAGES = [{"role": "user", "content": ASKED}]
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": CITY}}]


def asked(url, model, provider="openai"):
    return {
        "model": f"{provider}/{model}",
        "messages": MESSAGES,
        "api_base": f"{url}/v1",
        "api_key": "none",
        "num_retries": 0,
    }


@case("completion (openai/, hosted_vllm/), streamed too")
def _(url, model):
    for provider in ("openai", "hosted_vllm"):
        assert litellm.completion(**asked(url, model, provider)).choices
        assert list(litellm.completion(**asked(url, model, provider), stream=True))


@case("a tool that is named")
def _(url, model):
    choice = {"type": "function", "function": {"name": "weather"}}
    answer = litellm.completion(**asked(url, model), tools=TOOLS, tool_choice=choice)
    assert answer.choices[0].message.tool_calls


@case("responses, streamed too")
def _(url, model):
    fields = {"model": f"openai/{model}", "api_base": f"{url}/v1", "api_key": "none"}
    assert litellm.responses(input=ASKED, **fields).output
    assert list(litellm.responses(input=ASKED, stream=True, **fields))


@case("its exceptions")
def _(url, model):
    long = [{"role": "user", "content": "字" * 4000}]
    try:
        litellm.completion(**{**asked(url, model), "messages": long})
    except litellm.ContextWindowExceededError:
        return
    raise AssertionError("no ContextWindowExceededError")


run()
