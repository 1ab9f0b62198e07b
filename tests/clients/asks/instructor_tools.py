"""instructor."""

from typing import Literal

import instructor
from asking import ASKED, case, run
from openai import OpenAI
from pydantic import BaseModel

MESSAGES = [{"role": "user", "content": ASKED}]


class Place(BaseModel):
    """A place."""

    city: Literal["Bern"]


def ask(url, model, **options):
    client = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    asking = instructor.from_openai(client, **options)
    found = asking.chat.completions.create(
        model=model, messages=MESSAGES, response_model=Place, max_retries=0
    )
    assert found.city == "Bern"


@case("from_openai, its default (tools)")
def _(url, model):
    ask(url, model)


@case("Mode.JSON_SCHEMA")
def _(url, model):
    ask(url, model, mode=instructor.Mode.JSON_SCHEMA)


@case("Mode.TOOLS_STRICT")
def _(url, model):
    ask(url, model, mode=instructor.Mode.TOOLS_STRICT)


@case("create_partial (streamed tools)")
def _(url, model):
    client = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    found = instructor.from_openai(client).chat.completions.create_partial(
        model=model, messages=MESSAGES, response_model=Place
    )
    assert list(found)[-1].city == "Bern"


run()
