"""A gateway, or several, in front of an engine that finds adapters in their store."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from service.app import create_app
from tests.conftest import Gateway, gateway_settings
from tests.support.adapter_folders import BASE
from tests.support.resolving_engine import ResolvingEngine
from tests.support.serving import client_of, serving

KEY = "admin-secret"


@dataclass(frozen=True)
class AdapterGateway(Gateway):
    """A gateway whose adapters change."""

    engine: ResolvingEngine

    def load(self, name: object, key: str | None = KEY) -> httpx2.Response:
        """POST /adapters."""
        return self.client.post("/adapters", json={"name": name}, headers=authorization(key))

    def remove(self, name: str, key: str | None = KEY) -> httpx2.Response:
        """DELETE /adapters/{name}."""
        return self.client.delete(f"/adapters/{name}", headers=authorization(key))

    def listed(self) -> dict[str, Any]:
        """GET /adapters."""
        found: dict[str, Any] = self.client.get("/adapters").raise_for_status().json()
        return found

    def states(self) -> dict[str, str]:
        """name → state."""
        return {one["name"]: one["state"] for one in self.listed()["adapters"]}

    def found(self, text: str, **fields: Any) -> tuple[str, list[str]]:
        """The model that answered, and the surfaces it found."""
        answer = self.extract(text, **fields).raise_for_status().json()
        return answer["model"], [entity["text"] for entity in answer["entities"]]


def authorization(key: str | None) -> dict[bytes, bytes]:
    """The header of a caller with this key, or with none."""
    return {} if key is None else {b"authorization": f"Bearer {key}".strip().encode()}


@contextmanager
def gateways(
    adapters: Path, store: Path, count: int = 1, **settings: Any
) -> Iterator[list[AdapterGateway]]:
    """``count`` gateways that are ready, in front of one engine."""
    engine = ResolvingEngine(BASE, store)
    with ExitStack() as stack:
        url = stack.enter_context(serving(engine))
        yield [
            stack.enter_context(gateway(adapters, store, engine, url, **settings))
            for _ in range(count)
        ]


@contextmanager
def gateway(
    adapters: Path, store: Path, engine: ResolvingEngine, engine_url: str, **settings: Any
) -> Iterator[AdapterGateway]:
    """One gateway in front of an engine that listens already."""
    given = {"engine_url": engine_url, "store": store, "admin_key": KEY, **settings}
    app = create_app(gateway_settings(adapters, **given))
    with serving(app) as url, client_of(url) as client:
        one = AdapterGateway(url, client, engine)
        one.wait_until_ready()
        yield one
