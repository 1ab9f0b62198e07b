"""The gateway's log: one line a request, for people or as JSON, and no word of a text or a key."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.gateway.logs import JsonLines, Text
from tests.conftest import ADAPTER, BASE, ENGINE_NAME
from tests.deploy.gateway.gateway_process import GatewayProcess
from tests.service.guard.test_keys import table
from tests.support.fake_engine import FakeEngine, completes, fails
from tests.support.openai_script import CHAT
from tests.support.serving import serving
from tests.support.waiting import until

KEY, WRONG_KEY = "nrv-right-4d1f", "nrv-wrong-9a2c"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRET = "hostile-7e5b"
# It would end a line, begin a false one, and colour a terminal.
TEXT = f'{SECRET}\r\n{{"level": "error"}}\x1b[31m\u2028叶老桂'


class FaultyGateway(GatewayProcess):
    """With two routes more, which fail."""

    module = "tests.deploy.gateway.faulty_gateway"


Asked = tuple[GatewayProcess, FakeEngine, httpx2.Client]


@pytest.fixture(scope="module", params=["json", "text"])
def asked(
    request: pytest.FixtureRequest, adapters: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asked]:
    """A gateway with a key that logs all that it ever logs, in either format."""
    folder = tmp_path_factory.mktemp("logs")
    (folder / "keys.toml").write_text(table("partner", KEY, "extract", "openai"), encoding="utf-8")
    engine = FakeEngine(BASE, ENGINE_NAME)
    with serving(engine) as engine_url:
        gateway = FaultyGateway(
            adapters,
            engine_url,
            folder / "log",
            api_keys_file=folder / "keys.toml",
            log_format=request.param,
            log_level="debug",
            probe_interval_s=60,
        )
        try:
            gateway.wait_until_ready()
            headers = {"authorization": f"Bearer {KEY}"}
            with httpx2.Client(base_url=gateway.url, headers=headers, trust_env=False) as client:
                yield gateway, engine, client
        finally:
            gateway.kill()


def lines_of(gateway: GatewayProcess, request_id: str, at_least: int = 1) -> list[str]:
    """The lines of one request, as soon as there are so many."""

    def found() -> list[str]:
        return [line for line in gateway.said().splitlines() if request_id in line]

    until(lambda: len(found()) >= at_least)
    return found()


def as_objects(lines: list[str]) -> list[dict[str, Any]]:
    """JSON lines, read."""
    return [json.loads(line) for line in lines]


def test_an_extraction_is_one_line(asked: Asked) -> None:
    """What was asked of which model, by whose key, how it ended, and how much was found."""
    gateway, engine, client = asked
    engine.script = completes("姓名：叶老桂")
    client.post("/extract", json={"text": "叶老桂说叶老桂"}, headers={"x-request-id": "mine-1"})
    (line,) = lines_of(gateway, "mine-1")
    if not line.startswith("{"):
        assert "nerve.access INFO POST /extract 200 request_id=mine-1 method=POST" in line
        assert line.endswith(f"model={ADAPTER} entities=2 key=partner")
        return
    told = json.loads(line)
    assert told.pop("duration_ms") > 0
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "info",
        "logger": "nerve.access",
        "message": "POST /extract 200",
        "request_id": "mine-1",
        "method": "POST",
        "route": "/extract",
        "status": 200,
        "model": ADAPTER,
        "entities": 2,
        "key": "partner",
    }


def test_a_batch_and_a_chat_are_one_line_each(asked: Asked) -> None:
    """A batch with all of its models and entities; of what is passed on nothing is counted."""
    gateway, engine, client = asked
    engine.script = completes("姓名：叶老桂")
    rows = [{"text": "叶老桂"}, {"text": "叶老桂", "model": ADAPTER}, {"text": "甲", "model": BASE}]
    body = "\n".join(map(json.dumps, rows))
    client.post("/extract/batch", content=body, headers={"x-request-id": "mine-2"})
    client.post(CHAT, json={"messages": []}, headers={"x-request-id": "mine-3"})
    (batch,), (chat,) = lines_of(gateway, "mine-2"), lines_of(gateway, "mine-3")
    if batch.startswith("{"):
        of_batch, of_chat = as_objects([batch, chat])
        assert (of_batch["model"], of_batch["entities"]) == (f"{BASE},{ADAPTER}", 2)
        assert (of_chat["model"], "entities" in of_chat) == (ADAPTER, False)
    else:
        assert f"model={BASE},{ADAPTER} entities=2" in batch
        assert f"model={ADAPTER} key=partner" in chat


def test_looks_at_its_health_are_lines_of_debug_only(asked: Asked) -> None:
    """They come every few seconds."""
    gateway, _, client = asked
    for path in ("/ready", "/ping"):
        client.get(path, headers={"x-request-id": f"mine-4{path}"})
        (line,) = lines_of(gateway, f"mine-4{path}")
        assert ('"level": "debug"' if line.startswith("{") else " DEBUG ") in line


def hostile() -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests, by path, that bring the text everywhere that a caller can put one."""
    for path, body in (
        ("/extract", {"text": TEXT}),
        ("/extract", {"texts": [TEXT, 3]}),
        ("/extract", {"text": 3, TEXT: TEXT}),
        ("/extract", {"text": TEXT, "model": TEXT}),
        ("/extract", {"text": TEXT, "labels": [TEXT]}),
        ("/extract", {"text": TEXT, "model": BASE, "labels": [TEXT]}),
        ("/redact", {"text": TEXT, "mask": TEXT}),
        (f"/extract?format={SECRET}", {"text": TEXT}),
        (f"/{SECRET}?text={SECRET}", {"text": TEXT}),
        (CHAT, {"messages": [{"role": "user", "content": TEXT}]}),
        (CHAT, {"messages": TEXT, "model": TEXT, TEXT: TEXT}),
        ("/adapters", {"name": TEXT}),
    ):
        yield path, {"json": body}
    for path in ("/extract", "/extract/batch", "/fault", "/forgotten"):
        yield path, {"content": TEXT.encode()}
    for name in ("x-nerve-deadline-ms", "traceparent", "user-agent", "content-type"):
        yield "/extract", {"json": {"text": TEXT}, "headers": {name: SECRET}}
    trace = {"traceparent": TRACE, "tracestate": f"Bad Key={SECRET} status=200"}
    yield "/extract", {"json": {"text": TEXT}, "headers": trace}
    for key in (WRONG_KEY, KEY + "x"):
        yield "/extract", {"json": {"text": TEXT}, "headers": {"authorization": f"Bearer {key}"}}


def test_no_text_and_no_key_is_logged(asked: Asked) -> None:
    """Wherever it stands in a request, whatever the engine says of it, even in a fault of ours;
    and every request is in the log."""
    gateway, engine, client = asked
    for turn, script in enumerate((completes(TEXT), fails(400, TEXT), fails(500, {"error": TEXT}))):
        engine.script = script
        for number, (path, request) in enumerate(hostile()):
            name = f"request-{turn}-{number}."
            headers = {**request.pop("headers", {}), "x-request-id": name}
            client.post(path, headers=headers, **request)
            assert lines_of(gateway, name)
    said = gateway.said()
    assert "Task exception was never retrieved" in said
    for secret in (SECRET, "叶老桂", "\\u53f6\\u8001", KEY, WRONG_KEY, "\x1b"):
        assert secret not in said


def test_a_fault_says_where_it_comes_from(asked: Asked) -> None:
    """The frames and the types, of the cause too, under the id that the caller has got."""
    gateway, _, client = asked
    answer = client.post("/fault", content=b"x", headers={"x-request-id": "mine-5"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine-5")
    lines = lines_of(gateway, "mine-5", at_least=2)
    if lines[0].startswith("{"):
        access, fault = as_objects(lines)
        assert (access["status"], fault["logger"]) == (500, "uvicorn.error")
        where = fault["fault"]
    else:
        where = gateway.said()
    assert "tests/deploy/gateway/faulty_gateway.py" in where
    assert where.index("builtins.KeyError") < where.index("builtins.ValueError")


def test_every_line_is_an_object(asked: Asked) -> None:
    """uvicorn's too, from the first to the last."""
    gateway, _, _ = asked
    assert gateway.end() == 0
    lines = gateway.said().splitlines()
    if not lines[0].startswith("{"):
        assert "uvicorn.error INFO Started server process" in lines[0] + lines[1]
        return
    objects = as_objects(lines)
    assert {"nerve", "nerve.access", "uvicorn.error", "asyncio"} <= {o["logger"] for o in objects}
    assert all(o["time"] and o["level"] and o["message"] for o in objects)


def test_a_callers_id_forges_no_field() -> None:
    """In the text log it is quoted where it could be taken for more."""
    record = logging.LogRecord("nerve", logging.INFO, "", 0, "x", None, None)
    record.fields = {"request_id": "a status=200 key=admin", "model": "clue", "route": "/v1/x"}
    line = Text().format(record)
    assert line.endswith('x request_id="a status=200 key=admin" model=clue route=/v1/x')


def line_of(logger: str, message: str, *values: object, form: logging.Formatter) -> str:
    """A warning of a logger, as the log has it."""
    return form.format(logging.LogRecord(logger, logging.WARNING, "", 0, message, values, None))


def test_a_librarys_words_forge_nothing() -> None:
    """They may quote a caller: in quotes where they could be taken for fields, in one line, without
    a terminal's commands, and not for megabytes. Our own stand as they are."""
    hostile = "x status=200\r\n2026 nerve INFO\x1b[31m\x85\u2028" + "a" * 100_000
    line = line_of("mcp.server", "dropped %s", hostile, form=Text())
    assert line.split("WARNING ", 1)[1].startswith('"dropped x status=200\\\\r\\\\n2026 nerve')
    assert line.endswith('..."')
    assert line.isprintable()
    assert len(line) < 700
    for name, form in (("mcp", JsonLines()), ("nerve", Text()), ("uvicorn.error", Text())):
        assert not set("\r\x1b\x85\u2028") & set(line_of(name, hostile, form=form))
    assert len(line_of("mcp", hostile, form=JsonLines())) < 1200
    assert line_of("nerve", "A = %r; expected", "b", form=Text()).endswith("A = 'b'; expected")
