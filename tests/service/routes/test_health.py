"""Where proxies, orchestrators and tools look for health."""

from pathlib import Path

import httpx2
import pytest

from service.app import create_app
from tests.conftest import Gateway, error_of, gateway_settings
from tests.support.serving import free_port, serving


@pytest.mark.parametrize("path", ["/health", "/ping"])
def test_healthy(gateway: Gateway, path: str) -> None:
    """200 with an empty body, as vLLM's."""
    response = gateway.client.get(path)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("path", ["/health", "/ping"])
def test_unhealthy(adapters: Path, path: str) -> None:
    """503 with the reason while the engine cannot be used; without a key."""
    app = create_app(gateway_settings(adapters, engine_url=f"http://127.0.0.1:{free_port()}"))
    with serving(app) as url:
        response = httpx2.get(f"{url}{path}", trust_env=False)
    assert (response.status_code, error_of(response)["type"]) == (503, "engine_unavailable")


def test_the_version(gateway: Gateway) -> None:
    """The gateway's; the engine is not asked."""
    assert gateway.client.get("/version").json() == {"version": "0.1.0"}
    assert gateway.engine.seen == []
