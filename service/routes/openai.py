"""``/v1/…`` as OpenAI's clients know it, ``/tokenize`` and ``/detokenize``: passed on.

What is not listed in ``openai_request.routes`` does not exist here, whatever the engine has.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request, Response
from starlette.types import Scope

from service.guard import deadline
from service.models.live_registry import LiveRegistry
from service.models.model_cards import ModelCard, ModelCards, card
from service.observe import request_record as tally
from service.openai.proxy import PassedOn, Passing
from service.openai.renaming import Renaming
from service.openai.request import Route, routes
from service.routes.documented import errors
from service.settings import Settings
from service.wire.json_object import JsonObject

PassOn = Callable[[Scope, bytes], Awaitable[Response]]

_ERRORS = errors(400, 404, 422, 502, 503, 504)
_BODY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}


def handlers(settings: Settings, registry: LiveRegistry, passing: Passing) -> dict[str, PassOn]:
    """What is passed on, by path."""
    return {route.path: _pass_on(route, registry, passing) for route in routes(settings)}


def router(registry: LiveRegistry, passing: Passing, passed_on: Mapping[str, PassOn]) -> APIRouter:
    """The routes over a registry and an engine; ``passed_on`` as of ``handlers``."""
    api, started = APIRouter(tags=["openai"], responses=_ERRORS), int(time.time())

    @api.get("/v1/models")
    async def list_models() -> ModelCards:
        """Every model by its public name, aliases too; ``loaded``: whether the engine has it."""
        windows = await _windows(passing)
        names = (*registry.models, *registry.aliases)
        return ModelCards(data=[card(n, registry.resolve(n), windows, started) for n in names])

    @api.get("/v1/models/{model:path}")
    async def one_model(model: str) -> ModelCard:
        """One of them."""
        served = registry.resolve(model)
        return card(model, served, await _windows(passing), started)

    for path, handler in passed_on.items():
        api.add_api_route(
            path,
            _route(handler),
            methods=["POST"],
            name=path.removeprefix("/v1/").replace("/", "_"),
            openapi_extra=_BODY,
            response_class=Response,
        )
    return api


async def _windows(passing: Passing) -> dict[str, int | None]:
    async with deadline.kept():
        return await passing.engine.models()


def _pass_on(route: Route, registry: LiveRegistry, passing: Passing) -> PassOn:
    async def pass_on(_: Scope, raw: bytes) -> Response:
        body = JsonObject.read(raw)
        route.check(body)
        served = registry.resolve(body.values.get("model"))
        tally.asks(served.name)
        if body.values.get("model") != served.engine_name:
            raw = body.replaced("model", served.engine_name)
        return PassedOn(passing, route.path, raw, Renaming(served.engine_name, served.name))

    return pass_on


def _route(pass_on: PassOn) -> Callable[[Request], Awaitable[Response]]:
    async def route(request: Request) -> Response:
        """The engine's answer, with the model's public name."""
        return await pass_on(request.scope, await request.body())

    return route
