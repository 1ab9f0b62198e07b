"""Which tokens end an answer, or say that there is nothing: asked of the engine, since the gateway
has no tokenizer."""

from typing import Any

from service.engine.completion import Tokens
from service.engine.exchange import Exchange
from service.errors import EngineError
from service.ner import endings as ner
from service.ner.endings import turns
from service.ner.prompt import TEMPLATE_ARGUMENTS

_PATH = "/tokenize"


async def endings(exchange: Exchange, model: str, empty: str, deadline: float) -> tuple[int, int]:
    """The first token of ``empty``, an answer, and the one that the chat template puts behind an
    answer. Raises EngineFailure, also when the engine's tokens do not tell them."""
    answer = await _tokens(exchange, {"model": model, "prompt": empty}, deadline)
    body = {
        "model": model,
        "messages": list(turns(empty)),
        "add_generation_prompt": False,
        "chat_template_kwargs": dict(TEMPLATE_ARGUMENTS),
    }
    found = ner.endings(answer, await _tokens(exchange, body, deadline))
    if found is None:
        raise EngineError(f"the engine's tokens do not tell what ends an answer of {model}")
    return found


async def _tokens(exchange: Exchange, body: dict[str, Any], deadline: float) -> tuple[int, ...]:
    asked = {**body, "add_special_tokens": False}
    return (await exchange.ask(Tokens, "POST", _PATH, asked, deadline)).tokens
