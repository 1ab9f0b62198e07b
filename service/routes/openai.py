"""``/v1/…`` as OpenAI's clients know it, ``/tokenize`` and ``/detokenize``: passed on.

What is not listed in ``openai.open_fields`` does not exist here, whatever the engine has.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.types import Scope

from service.engine.forwarding import ForwardedRequest
from service.errors import BadRequest, InvalidRequest
from service.extraction.aside import read_aside
from service.guard import deadline
from service.models.live_registry import LiveRegistry
from service.models.model_cards import ModelCard, ModelCards, card
from service.observe import request_record
from service.openai.open_fields import routes
from service.openai.proxy import Proxied, Proxy
from service.openai.renaming import Renaming
from service.openai.request import Route
from service.openai.sizes import held_by
from service.routes.documented import errors
from service.settings import Settings
from service.wire.headers import expect_json
from service.wire.json_object import JsonObject

Handle = Callable[[Scope, bytes], Awaitable[Response]]

# What Hugging Face's client says where it was given an address and no model, and its documents do.
_NO_NAMES = ("dummy", "tgi")
_ERRORS = errors(400, 404, 422, 502, 503, 504)
_BODY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}


def handlers(settings: Settings, registry: LiveRegistry, proxy: Proxy) -> dict[str, Handle]:
    """What is passed on, by path."""
    return {route.path: _handler(route, registry, proxy) for route in routes(settings)}


def router(registry: LiveRegistry, proxy: Proxy, proxied: Mapping[str, Handle]) -> APIRouter:
    """The routes over a registry and an engine; ``proxied`` as of ``handlers``."""
    api, started = APIRouter(tags=["openai"], responses=_ERRORS), int(time.time())

    @api.get("/v1/models")
    async def list_models() -> ModelCards:
        """Every model by its public name, aliases too; ``loaded``: whether the engine has it."""
        windows = await _windows(proxy)
        names = (*registry.models, *registry.aliases)
        return ModelCards(data=[card(n, registry.resolve(n), windows, started) for n in names])

    @api.get("/v1/models/{model:path}")
    async def one_model(model: str) -> ModelCard:
        """One of them."""
        served = registry.resolve(model)
        return card(model, served, await _windows(proxy), started)

    for path, handler in proxied.items():
        api.add_api_route(
            path,
            _route(handler),
            methods=["POST"],
            name=path.removeprefix("/v1/").replace("/", "_"),
            openapi_extra=_BODY,
            response_class=Response,
        )
    return api


async def _windows(proxy: Proxy) -> dict[str, int | None]:
    async with deadline.kept():
        return await proxy.engine.models()


def _handler(route: Route, registry: LiveRegistry, proxy: Proxy) -> Handle:
    async def pass_on(scope: Scope, raw: bytes) -> Response:
        try:
            expect_json(scope)
            body = await read_aside(raw, lambda raw: route.checked(JsonObject.read(raw)))
        except InvalidRequest as exc:
            raise BadRequest.of(exc) from exc
        served = registry.resolve(_named(body.values.get("model"), registry))
        request_record.asks(served.name)
        sent = body.replaced("model", served.engine_name)
        asked = ForwardedRequest(route.path, served.engine_name, sent, held_by(body.values))
        return Proxied(proxy, asked, Renaming(served.engine_name, served.name))

    return pass_on


def _named(model: Any, registry: LiveRegistry) -> Any:
    """The model that is asked for; None where a client fills in a word for none."""
    is_none = model in _NO_NAMES and model not in {*registry.models, *registry.aliases}
    return None if is_none else model


def _route(pass_on: Handle) -> Callable[[Request], Awaitable[Response]]:
    async def route(request: Request) -> Response:
        """The engine's answer, with the model's public name."""
        return await pass_on(request.scope, await request.body())

    return route
