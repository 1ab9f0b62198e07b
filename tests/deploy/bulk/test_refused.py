"""`nerve extract FILE` and what a gateway refuses: one row, or what every row asks for."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.deploy.bulk.cases import failures, lines, nerve
from tests.support.fake_engine import answer
from tests.support.serving import serving

FOUND = {"entities": [], "dropped": [], "truncated": False, "model": "m"}
Answers = Callable[[Mapping[str, Any]], tuple[int, object]]


def gateway_that(answers: Answers) -> ASGIApp:
    """A gateway whose status and answer to a body are these."""

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        status, said = answers(json.loads(body))
        await answer(send, said, status)

    return gateway


def refusal(message: str, param: str | None, kind: str = "invalid_request_error") -> object:
    """The envelope of an error."""
    return {"error": {"message": message, "type": kind, "param": param, "code": None}}


@pytest.mark.parametrize("field", ["labels", "model"])
def test_a_row_that_is_too_long_with_its_labels_is_given_up(tmp_path: Path, field: str) -> None:
    """413 is the row's, whichever field takes the most room: the shorter rows behind it go on."""
    whole = refusal("labels take a prompt of 2040 tokens", field, "request_too_large")
    out = tmp_path / "out.jsonl"
    gateway = gateway_that(lambda body: (413, whole) if "长" in body["text"] else (200, FOUND))
    with serving(gateway) as url:
        shown = nerve("-", "--out", str(out), "--url", url, stdin="短一\n长\n短二\n")
    assert shown.exit_code == 1
    assert [row["text"] for row in lines(out)] == ["短一", "短二"]
    assert [row["error"] for row in failures(out)] == [
        "status 413: labels take a prompt of 2040 tokens"
    ]
    assert "2 of 3 rows done, 1 failed" in shown.stderr


@pytest.mark.parametrize(
    ("status", "param"), [(401, None), (403, None), (404, "model"), (422, "labels")]
)
def test_a_run_that_is_refused_goes_on_by_no_command(
    tmp_path: Path, status: int, param: str | None
) -> None:
    """What ended it would end it again, also behind rows that are done."""
    out = tmp_path / "out.jsonl"
    no = refusal("no", param)
    gateway = gateway_that(lambda body: (status, no) if body["text"] == "二" else (200, FOUND))
    with serving(gateway) as url:
        command = ("-", "--out", str(out), "--url", url, "--concurrency", "1")
        shown = nerve(*command, stdin="一\n二\n三\n")
    assert shown.exit_code == 1
    assert f"status {status}: no" in shown.stderr
    assert "1 of 3 rows done, 0 failed" in shown.stderr
    assert "the same command goes on" not in shown.stderr


ELSEWHERE = "https://gateway.example/extract"


@pytest.mark.parametrize(
    ("status", "location", "body", "says"),
    [
        (301, ELSEWHERE, b"", f'is not a Nerve gateway (status 301, location "{ELSEWHERE}")'),
        (302, "//me:secret@a/login", b"", 'is not a Nerve gateway (status 302, location "//…@a/lo'),
        (204, None, b"", "is not a Nerve gateway (status 204)"),
        (405, None, b"Not Allowed", "is not a Nerve gateway (status 405)"),
        (400, None, b"<html>The plain HTTP request was sent to", "Nerve gateway (status 400)"),
        (422, None, b'{"detail": []}', "is not a Nerve gateway (status 422)"),
        (400, None, b'{"error": "bad request"}', "is not a Nerve gateway (status 400)"),
        (200, None, b"<html>", "is not a Nerve gateway (status 200)"),
    ],
)
def test_another_server_ends_the_run(
    tmp_path: Path, status: int, location: str | None, body: bytes, says: str
) -> None:
    """No row is given up for it, and the same command can be made anew with the right address."""

    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        headers = [(b"location", location.encode())] if location else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    out = tmp_path / "out.jsonl"
    with serving(other) as url:
        shown = nerve("-", "--out", str(out), "--url", url, stdin="一\n二\n")
        assert f"what answers at {url} is not a Nerve gateway" in shown.stderr
        assert says in shown.stderr
    assert (shown.exit_code, lines(out), failures(out)) == (1, [], [])
    assert "secret" not in shown.stderr
    assert "the same command goes on" not in shown.stderr


def test_what_a_proxy_says_of_a_row_is_the_row_s(tmp_path: Path) -> None:
    """nginx's limit of a body, before the gateway's."""
    out = tmp_path / "out.jsonl"
    proxy = gateway_that(lambda body: (413, "no") if "长" in body["text"] else (200, FOUND))
    with serving(proxy) as url:
        nerve("-", "--out", str(out), "--url", url, stdin="一\n长\n二\n")
    assert [row["text"] for row in lines(out)] == ["一", "二"]
    assert "status 413" in failures(out)[0]["error"]
