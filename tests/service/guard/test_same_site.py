"""Without api keys, what another site's page can have a browser send is refused."""

from pathlib import Path

import pytest

from service.guard.same_site import host_of
from tests.conftest import Gateway, error_of, running
from tests.support.fake_engine import finds

REBOUND = {"host": "evil.example:8080"}
PAGES = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"origin": "http://localhost:3000", "sec-fetch-site": "same-site"},
]


@pytest.mark.parametrize("path", ["/extract", "/v1/models", "/metrics", "/docs"])
def test_a_name_that_was_made_to_lead_here(gateway: Gateway, path: str) -> None:
    """403 names it, whatever is asked; orchestrators' looks are answered by any name."""
    refused = gateway.client.get(path, headers=REBOUND)
    assert (refused.status_code, error_of(refused)["type"]) == (403, "permission_error")
    assert "evil.example" in error_of(refused)["message"]
    for look in ("/live", "/ready", "/health", "/ping"):
        assert gateway.client.get(look, headers=REBOUND).status_code == 200


@pytest.mark.parametrize("headers", PAGES)
@pytest.mark.parametrize("path", ["/extract", "/extract/batch", "/v1/chat/completions"])
def test_another_sites_page_may_not_post(
    gateway: Gateway, path: str, headers: dict[str, str]
) -> None:
    """As a form or a script without a preflight would."""
    plain = {"content-type": "text/plain", **headers}
    refused = gateway.client.post(path, content=b'"x"', headers=plain)
    assert (refused.status_code, error_of(refused)["type"]) == (403, "permission_error")
    assert gateway.engine.asked == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:1", "127.0.0.9:80"])
def test_loopbacks_own_names(gateway: Gateway, name: str) -> None:
    """With a port or without; our own page is no other site."""
    gateway.engine.script = finds("甲")
    headers = {"host": name, "origin": f"http://{name}"}
    answer = gateway.client.post("/extract", json={"text": "甲"}, headers=headers)
    assert answer.status_code == 200
    ours = {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8080"}
    assert gateway.client.post("/extract", json={"text": "甲"}, headers=ours).status_code == 200


def test_names_and_sites_that_the_operator_allows(adapters: Path) -> None:
    """A proxy's name; the origins of NERVE_CORS_ORIGINS."""
    site = "https://page.example"
    with running(adapters, allowed_hosts=("Ner.example",), cors_origins=(site,)) as gateway:
        gateway.engine.script = finds("甲")
        headers = {"host": "ner.example", "origin": site, "sec-fetch-site": "cross-site"}
        answer = gateway.client.post("/extract", json={"text": "甲"}, headers=headers)
        assert answer.status_code == 200
        assert gateway.client.get("/docs", headers=REBOUND).status_code == 403
    with running(adapters, allowed_hosts=("*",)) as gateway:
        assert gateway.client.get("/docs", headers=REBOUND).status_code == 200


def test_the_host_of_a_header() -> None:
    """Without port, brackets, and the dot of a full name."""
    given = ["localhost:80", "[::1]:80", "LocalHost.", "127.0.0.1"]
    assert [host_of(one) for one in given] == ["localhost", "::1", "localhost", "127.0.0.1"]


def test_the_page_of_the_api_loads_nothing_unchecked(gateway: Gateway) -> None:
    """Each file of others has its version and its hash; without them the page is not blank."""
    page = gateway.client.get("/docs").text
    assert page.count("https://") == page.count("integrity=") == page.count("@5.31.0") == 2
    assert "Where that cannot be\nreached, the document says all of it" in page
    assert gateway.client.get("/redoc").status_code == 404
