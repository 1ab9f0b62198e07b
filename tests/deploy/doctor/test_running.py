"""``nerve doctor`` on an engine and a gateway: down, lacking something, or something else."""

import json
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.conftest import BASE
from tests.deploy.doctor.cases import KEY, Put, doctor, lines
from tests.support.fake_engine import FakeEngine, answer
from tests.support.serving import free_port, serving


def test_engine_and_gateway_down(tmp_path: Path, put: Put) -> None:
    """Both are named with their addresses; the files are looked at all the same."""
    put()
    engine_url, url = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    shown = doctor(tmp_path, engine_url, url)
    assert shown.exit_code == 1
    found = lines(shown)
    assert found["adapter clue"][0] == "✓"
    assert found["engine"][0] == found["gateway"][0] == "✗"
    assert found["engine"][1].startswith(f"{engine_url}: the engine cannot be reached")
    assert found["gateway"][1].startswith(f"none answers at {url}")


def test_no_password_of_an_address_is_shown(tmp_path: Path, engine: FakeEngine) -> None:
    """Of one that answers, and of one that does not."""
    with serving(engine) as engine_url:
        for address in (engine_url, f"http://127.0.0.1:{free_port()}"):
            secret = address.replace("//", "//me:hunter2@")
            shown = doctor(tmp_path, secret, secret)
            assert "hunter2" not in shown.output
            assert "…@127.0.0.1" in lines(shown)["gateway"][1]


def test_an_engine_that_says_nothing(tmp_path: Path, engine: FakeEngine) -> None:
    """Not waited for for a minute; another cannot be started there."""
    engine.mute = ("/v1/models",)
    with serving(engine) as engine_url:
        mark, text = lines(doctor(tmp_path, engine_url, engine_url))["engine"]
    assert mark == "✗"
    assert text.startswith(f"{engine_url}: the engine takes connections and has said nothing")
    assert text.endswith("; end it and start it again if it does not come back")


def test_another_program_is_no_engine(tmp_path: Path) -> None:
    """Nor is one to be started in its place."""

    async def other(_: Scope, __: Receive, send: Send) -> None:
        await answer(send, {"hello": "there"})

    with serving(other) as engine_url:
        mark, text = lines(doctor(tmp_path, engine_url, engine_url))["engine"]
    assert (mark, text.rpartition("; ")[2]) == ("✗", "what answers there may be no engine")


def without_adapters(engine: FakeEngine) -> ASGIApp:
    """An engine that does not find the adapter it is asked for, as vLLM says it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = json.loads(message.get("body") or b"{}")
        if body.get("model", BASE) != BASE:
            await answer(send, {"error": {"message": "The model does not exist."}}, 404)
            return

        async def again() -> Message:
            return message

        await engine(scope, again, send)

    return app


def test_an_engine_that_does_not_find_an_adapter(
    tmp_path: Path, put: Put, engine: FakeEngine
) -> None:
    """What to do; and the others are tried all the same."""
    put()
    with serving(without_adapters(engine)) as engine_url:
        found = lines(doctor(tmp_path, engine_url, engine_url))
    mark, text = found["engine, model clue"]
    assert mark == "✗"
    assert "NERVE_STORE" in text
    assert "--max-lora-rank 64 or more: `nerve engine` sees to both" in text
    assert found[f"engine, model {BASE}"][0] == "✓"


def test_an_engine_that_cannot_ground_or_is_too_small(tmp_path: Path, engine: FakeEngine) -> None:
    """In the gateway's own words."""
    engine.grounds = False
    with serving(engine) as engine_url:
        mark, text = lines(doctor(tmp_path, engine_url, engine_url))[f"engine, model {BASE}"]
        assert (mark, text.partition(";")[0]) == ("✗", "the engine does not keep to a grammar")
        engine.window = 1024
        mark, text = lines(doctor(tmp_path, engine_url, engine_url))[f"engine, model {BASE}"]
    assert mark == "✗"
    assert text.startswith("the engine's window is 1024 tokens")


def guarded(engine: FakeEngine) -> ASGIApp:
    """The engine behind an api key, as vLLM answers without it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != (
            f"Bearer {KEY}".encode()
        ):
            await answer(send, {"error": "Unauthorized"}, 401)
        else:
            await engine(scope, receive, send)

    return app


def test_the_engines_api_key(tmp_path: Path, engine: FakeEngine) -> None:
    """Taken or refused, it is never shown."""
    with serving(guarded(engine)) as engine_url:
        right = doctor(tmp_path, engine_url, engine_url, NERVE_ENGINE_API_KEY=KEY)
        other = doctor(tmp_path, engine_url, engine_url, NERVE_ENGINE_API_KEY=f"{KEY}x")
    assert lines(right)["engine"] == ("✓", f"{engine_url} answers; its api key is right")
    assert lines(right)[f"engine, model {BASE}"][0] == "✓"
    assert lines(other)["engine"][0] == "✗"
    assert "refuses the api key; set NERVE_ENGINE_API_KEY" in lines(other)["engine"][1]
    assert KEY not in right.output + other.output


def test_something_else_is_no_gateway(tmp_path: Path, engine: FakeEngine) -> None:
    """A program that answers JSON, but not ours."""
    with serving(guarded(engine)) as url:
        found = lines(doctor(tmp_path, url, url))
    assert found["gateway"] == (
        "✗",
        f"what answers at {url} is not a Nerve gateway; --url names another address",
    )
