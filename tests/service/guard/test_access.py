"""Who may ask for what, and how much, over HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from service.app import create_app
from service.errors import Overloaded
from service.guard.access import right
from service.guard.counters import Counters
from service.guard.keys import Key
from service.guard.limits import Limits
from tests.conftest import BASE, Gateway, error_of, gateway_settings, running
from tests.service.guard.test_keys import table
from tests.support.openai_script import CHAT, MESSAGES
from tests.support.waiting import until

pytestmark = pytest.mark.slow

ROUTES = {
    ("POST", "/extract"): "extract",
    ("POST", "/extract/batch"): "extract",
    ("POST", "/redact"): "extract",
    ("GET", "/label-studio/health"): "extract",
    ("GET", "/label-studio/versions"): "extract",
    ("POST", "/label-studio/setup"): "extract",
    ("POST", "/label-studio/predict"): "extract",
    ("POST", "/label-studio/webhook"): "extract",
    ("GET", "/label-studio/{model}/health"): "extract",
    ("GET", "/label-studio/{model}/versions"): "extract",
    ("POST", "/label-studio/{model}/setup"): "extract",
    ("POST", "/label-studio/{model}/predict"): "extract",
    ("POST", "/label-studio/{model}/webhook"): "extract",
    ("GET", "/v1/models"): "openai",
    ("GET", "/v1/models/{model}"): "openai",
    ("POST", "/v1/chat/completions"): "openai",
    ("POST", "/v1/completions"): "openai",
    ("POST", "/v1/responses"): "openai",
    ("POST", "/tokenize"): "openai",
    ("POST", "/detokenize"): "openai",
    ("GET", "/adapters"): "any key",
    ("POST", "/adapters"): "admin",
    ("DELETE", "/adapters/{name}"): "admin",
    ("GET", "/live"): "open",
    ("GET", "/ready"): "open",
    ("GET", "/metrics"): "open",
    ("GET", "/health"): "open",
    ("GET", "/ping"): "open",
    ("GET", "/version"): "open",
}


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key for each scope, named by it."""
    path = tmp_path_factory.mktemp("keys") / "keys.toml"
    tables = [table(scope, f"{scope}-key", scope) for scope in ("extract", "openai", "admin")]
    tables.append(table("one-at-a-time", "single", "extract", more="concurrency = 1"))
    tables.append(table("two-a-minute", "slow", "extract", more="rate = 2"))
    path.write_text("".join(tables), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shared_gateway(adapters: Path, keys_file: Path) -> Iterator[Gateway]:
    """A gateway with keys."""
    with running(adapters, api_keys_file=keys_file, admin_key="from-the-environment") as gateway:
        yield gateway


def ask(gateway: Gateway, method: str, path: str, key: str | None = None) -> httpx2.Response:
    """A request; of a text for which the engine is not asked."""
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    body = {"messages": MESSAGES} if path == CHAT else {"text": " "}
    return gateway.client.request(
        method, path, json=body if method == "POST" else None, headers=headers
    )


def test_every_route_has_its_right(adapters: Path) -> None:
    """A new route has to be thought of."""
    paths = create_app(gateway_settings(adapters)).openapi()["paths"]
    found = {
        (method.upper(), path): right(method.upper(), path)
        for path, methods in paths.items()
        for method in methods
    }
    assert found == ROUTES


@pytest.mark.parametrize("end", ["%0A", "%0D", "%00", "%7F", "%C2%85", "%0A%0A"])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_control_character_leads_to_no_route(
    gateway: Gateway, method: str, path: str, end: str
) -> None:
    """A router's ``$`` matches before a line feed: whoever had any key could change adapters."""
    assert ask(gateway, method, path + end, "admin-key").status_code == 404


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_scopes(gateway: Gateway, method: str, path: str) -> None:
    """401 without a key, 403 with a key for something else, never with the right one."""
    needed = ROUTES[method, path]
    path = path.replace("{name}", "nothing").replace("{model}", BASE)
    for scope in ("extract", "openai", "admin"):
        answer = ask(gateway, method, path, f"{scope}-key")
        if needed in ("open", "any key", scope):
            assert answer.status_code not in (401, 403)
        else:
            assert (answer.status_code, error_of(answer)["type"]) == (403, "permission_error")
            assert error_of(answer)["message"].endswith(f"{scope}; expected {needed}")
    for key in (None, "wrong"):
        answer = ask(gateway, method, path, key)
        assert (answer.status_code == 401) == (needed != "open")


@pytest.mark.parametrize(
    ("authorization", "says"),
    [
        (None, "no api key"),
        (b"Bearer", "a wrong api key"),
        (b"Bearer extract-ke", "a wrong api key"),
        (b"Basic extract-key", "a wrong api key"),
        ("Bearer 钥匙".encode(), "a wrong api key"),
    ],
)
def test_a_wrong_key(gateway: Gateway, authorization: bytes | None, says: str) -> None:
    """401 in the envelope, with what is expected; also where there is no such route."""
    headers = {} if authorization is None else {b"authorization": authorization}
    for path in ("/extract", "/nowhere"):
        answer = gateway.client.post(path, json={"text": "叶老桂"}, headers=headers)
        assert (answer.status_code, error_of(answer)["type"]) == (401, "authentication_error")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert error_of(answer)["message"].startswith(says)
        assert "Bearer <key>" in error_of(answer)["message"]
        assert "x-request-id" in answer.headers
    assert not gateway.engine.seen


def test_the_admin_key_of_the_environment(gateway: Gateway) -> None:
    """Is a key with the scope admin, and no other."""
    assert ask(gateway, "DELETE", "/adapters/nothing", "from-the-environment").status_code == 404
    assert ask(gateway, "POST", "/extract", "from-the-environment").status_code == 403


def test_a_caller_without_a_key_is_refused_before_its_body(gateway: Gateway) -> None:
    """The answer is there although not a byte of the body was sent."""
    address = urlsplit(gateway.url)
    with socket.create_connection((address.hostname, address.port or 0), timeout=5) as caller:
        caller.sendall(
            b"POST /extract HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n"
        )
        answer = b""
        while b"authentication_error" not in answer and (part := caller.recv(4096)):
            answer += part
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"authentication_error" in answer


def test_without_a_file_no_key_is_needed(adapters: Path) -> None:
    """OpenAI's clients send one all the same."""
    with running(adapters) as gateway:
        for key in (None, "sk-anything"):
            assert ask(gateway, "POST", "/extract", key).status_code == 200
            assert ask(gateway, "POST", CHAT, key).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_the_apis_description_is_open(gateway: Gateway, path: str) -> None:
    """A browser sends no key."""
    assert ask(gateway, "GET", path).status_code == 200


def test_so_many_requests_at_a_time(gateway: Gateway) -> None:
    """The next gets 429 at once; other keys go on; when the first has ended, so does this one."""
    gateway.engine.script = gateway.engine.hangs
    headers = {"authorization": "Bearer single"}
    client = httpx2.Client(base_url=gateway.url, timeout=1, trust_env=False, headers=headers)

    def hang() -> None:
        with client, pytest.raises(httpx2.ReadTimeout):
            client.post("/extract", json={"text": "叶老桂"})

    thread = threading.Thread(target=hang)
    thread.start()
    try:
        assert gateway.engine.busy.wait(5)
        answer = ask(gateway, "POST", "/extract", "single")
        assert (answer.status_code, error_of(answer)["type"]) == (429, "overloaded")
        assert error_of(answer)["code"] == "key_concurrency"
        assert "expected up to 1" in error_of(answer)["message"]
        assert answer.headers["retry-after"] == "1"
        assert ask(gateway, "POST", "/extract", "extract-key").status_code == 200
    finally:
        thread.join(10)
    assert gateway.engine.left.wait(5)
    until(lambda: ask(gateway, "POST", "/extract", "single").status_code == 200)


@pytest.mark.parametrize(("others", "most"), [(True, 14), (False, 16)])
def test_the_last_places_are_for_keys_that_have_few(
    adapters: Path, tmp_path: Path, others: bool, most: int
) -> None:
    """One of eight, where there are other keys; one with a limit of its own has that alone."""
    tables = [table("busy", "busy", "extract"), table("admin", "admin", "admin")]
    if others:
        tables.append(table("other", "other", "openai", "extract"))
        tables.append(table("trusted", "trusted", "extract", more="concurrency = 16"))
    path = tmp_path / "keys.toml"
    path.write_text("".join(tables), encoding="utf-8")
    with running(adapters, api_keys_file=path, max_in_flight=16) as gateway, ExitStack() as stack:
        gateway.engine.script = gateway.engine.hangs

        def ask_for_long(key: str) -> None:
            asked = len(gateway.engine.asked)
            stack.enter_context(hanging(gateway, key))
            until(lambda: len(gateway.engine.asked) == asked + 1)

        for _ in range(most):
            ask_for_long("busy")
        refused = gateway.client.post("/extract", json={"text": "甲"}, headers=bearer("busy"))
        assert (refused.status_code, error_of(refused)["code"]) == (
            429,
            "key_share" if others else None,
        )
        if others:
            ask_for_long("other")
            ask_for_long("trusted")
            refused = gateway.client.post("/extract", json={"text": "甲"}, headers=bearer("other"))
            assert "all 16 places are taken" in error_of(refused)["message"]
        stack.close()
        until(lambda: gateway.metric("nerve_requests_in_flight") == 0)
        ask_for_long("busy")


def bearer(key: str) -> dict[str, str]:
    """The header of a caller with that key."""
    return {"authorization": f"Bearer {key}"}


def hanging(gateway: Gateway, key: str) -> socket.socket:
    """A request that is not answered; who closes it leaves."""
    address = urlsplit(gateway.url)
    caller = socket.create_connection((address.hostname, address.port), timeout=20)
    body = b'{"text": "x"}'
    caller.sendall(
        f"POST /extract HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        + body
    )
    return caller


def test_so_many_requests_a_minute(gateway: Gateway) -> None:
    """The next gets 429 with the seconds after which there is room; other keys go on."""
    assert [ask(gateway, "POST", "/extract", "slow").status_code for _ in range(2)] == [200, 200]
    answer = ask(gateway, "POST", "/extract", "slow")
    assert (answer.status_code, error_of(answer)["type"]) == (429, "overloaded")
    assert error_of(answer)["code"] == "key_rate"
    assert 25 <= int(answer.headers["retry-after"]) <= 30
    assert ask(gateway, "POST", "/extract", "extract-key").status_code == 200


def test_the_bucket_fills_with_time() -> None:
    """At the rate, up to a minute's requests, and no further."""
    now = [1000]
    limits = Limits("a", Counters(), lambda: now[0] * 1_000_000_000)
    key = Key(sha256="0" * 64, scopes=["extract"], rate=6)

    def granted() -> int:
        for number in range(100):
            try:
                limits.enter(key)
            except Overloaded:
                return number
        raise AssertionError("no limit")

    assert granted() == 6
    for seconds, expected in ((9, 0), (1, 1), (20, 2), (3600, 6)):
        now[0] += seconds
        assert granted() == expected
