"""``/adapters``: which there are, and changing that while requests run."""

from fastapi import APIRouter, Request

from service.errors import InvalidRequest
from service.extraction.aside import read_aside
from service.models.adapter_cards import AdapterCard, AdapterList, card, cards
from service.models.live_registry import LiveRegistry
from service.readiness import Readiness
from service.routes.documented import errors
from service.wire.json_object import JsonObject
from service.wire.wording import shown

_ERRORS = errors(400, 404, 422, 502, 503, 504)
_EXPECTED = "the name of a folder in the adapters folder, as a string"
_SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "description": _EXPECTED}},
}
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": _SCHEMA}}}}


def router(registry: LiveRegistry, readiness: Readiness) -> APIRouter:
    """The routes over a registry that can change."""
    api = APIRouter(tags=["adapters"])

    @api.get("/adapters", responses=errors())
    async def list_adapters() -> AdapterList:
        """Every adapter in the folder with its state, and what cannot be used."""
        return cards(registry, readiness.loaded)

    @api.post("/adapters", responses=_ERRORS, openapi_extra=_BODY)
    async def load_adapter(request: Request) -> AdapterCard:
        """Serve an adapter of the folder, or its new weights. Needs a key with the scope admin.

        It is checked, and the engine has answered with it, before requests reach it.
        """
        served = await registry.load(await read_aside(await request.body(), _name))
        assert served.adapter is not None, "what was loaded is an adapter"
        return card(served.adapter, registry, {served.engine_name})

    @api.delete("/adapters/{name}", responses=_ERRORS)
    async def remove_adapter(name: str) -> dict[str, str | bool]:
        """Serve an adapter no longer, after a restart too; its files stay.

        Needs a key with the scope admin.
        """
        await registry.remove(name)
        return {"name": name, "deleted": True}

    return api


def _name(raw: bytes) -> str:
    values = JsonObject.read(raw).values
    unknown = next((field for field in values if field != "name"), None)
    if unknown is not None:
        raise InvalidRequest(f"{unknown[:64]} is not a field; expected name", param=unknown[:64])
    name = values.get("name")
    if not isinstance(name, str):
        raise InvalidRequest(f"name has {shown(name)}; expected {_EXPECTED}", param="name")
    return name
