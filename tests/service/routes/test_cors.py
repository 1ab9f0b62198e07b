"""Web pages of other origins: none may ask, unless a setting names them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ADAPTER, Gateway, running
from tests.support.openai_script import CHAT, MESSAGES

DOORS = ("/analyze", "/language/:analyze-text", f"/models/{ADAPTER}")
PREFLIGHT = {
    "origin": "https://page.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-stainless-os",
}


def test_without_a_setting_no_page_may_ask(gateway: Gateway) -> None:
    """Neither before nor after."""
    assert gateway.client.options(CHAT, headers=PREFLIGHT).status_code == 405
    answer = gateway.client.get("/live", headers={"origin": "https://page.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


class TestCors:
    """Pages of one origin may ask."""

    @pytest.fixture(scope="class")
    @classmethod
    def gateway(cls, adapters: Path) -> Iterator[Gateway]:
        """With one origin."""
        with running(adapters, cors_origins=("https://page.example",)) as gateway:
            yield gateway

    def test_a_page_of_that_origin(self, gateway: Gateway) -> None:
        """May send what OpenAI's browser client sends, and read the request's id."""
        answer = gateway.client.options(CHAT, headers=PREFLIGHT)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://page.example"
        assert "x-stainless-os" in answer.headers["access-control-allow-headers"]
        headers = {"origin": "https://page.example"}
        for response in (
            gateway.client.post(CHAT, json={"messages": MESSAGES}, headers=headers),
            gateway.client.post(CHAT, json={"model": "nope"}, headers=headers),
            gateway.client.post("/extract", json={"text": "叶" * 900_000}, headers=headers),
        ):
            assert response.headers["access-control-allow-origin"] == "https://page.example"
            assert "x-request-id" in response.headers["access-control-expose-headers"]

    @pytest.mark.parametrize("path", DOORS)
    def test_it_may_read_the_errors_of_a_door(self, gateway: Gateway, path: str) -> None:
        """In the original's shape, and the request's id."""
        headers = {"origin": "https://page.example"}
        response = gateway.client.post(path, json={"nope": 1}, headers=headers)
        assert response.is_client_error
        assert response.headers["access-control-allow-origin"] == "https://page.example"
        assert "x-request-id" in response.headers["access-control-expose-headers"]

    @pytest.mark.parametrize("path", [CHAT, *DOORS])
    def test_a_page_of_another_origin(self, gateway: Gateway, path: str) -> None:
        """May not."""
        headers = {**PREFLIGHT, "origin": "https://other.example"}
        answer = gateway.client.options(path, headers=headers)
        assert answer.status_code == 400
        assert "access-control-allow-origin" not in answer.headers
