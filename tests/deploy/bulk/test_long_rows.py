"""`nerve extract FILE`: texts that take longer than one deadline of the gateway."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.types import Receive, Send

from deploy.bulk import asking
from deploy.bulk.answers import of_line
from service.errors import EngineFailure, NerveError
from tests.conftest import running
from tests.deploy.bulk.cases import NAME, failures, lines, nerve
from tests.support.fake_engine import finds, text_of

SENTENCE = f"{NAME}在工商银行上班，今天下雨了，明天天晴。"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once."""
    monkeypatch.setattr(asking, "FIRST_DELAY_S", 0.001)


def test_a_document_has_a_deadline_for_each_completion(adapters: Path, tmp_path: Path) -> None:
    """All of it is done, and the next one as long is not begun in vain."""
    texts = [SENTENCE * 120, f"始，{SENTENCE * 120}", NAME]
    asked: list[str] = []

    async def slow(body: dict[str, Any], receive: Receive, send: Send) -> None:
        asked.append(text_of(body))
        await asyncio.sleep(0.2)  # the engine's work, of which a deadline has room for a few
        await finds(NAME)(body, receive, send)

    out = tmp_path / "out.jsonl"
    with running(adapters, deadline_s=1.5, request_concurrency=1, probe_interval_s=60) as gateway:
        gateway.engine.script = slow
        source = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        options = ("--kind", "jsonl", "--concurrency", "1", "--out", str(out))
        shown = nerve("-", *options, "--url", gateway.url, stdin=source)
    assert shown.exit_code == 0, shown.output
    assert [len(row["entities"]) for row in lines(out)] == [120, 120, 1]
    assert sum(one.startswith("始") for one in asked) == 1


def test_a_completion_that_is_late_itself_says_what_helps(adapters: Path, tmp_path: Path) -> None:
    """As often as what else fails."""
    out = tmp_path / "out.jsonl"
    with running(adapters, deadline_s=1, probe_interval_s=60) as gateway:
        gateway.engine.script = gateway.engine.hangs
        shown = nerve("-", "--out", str(out), "--url", gateway.url, stdin=f"{NAME}\n")
        assert len(gateway.engine.asked) == asking.ATTEMPTS
    assert shown.exit_code == 1
    (failed,) = failures(out)
    assert "status 504" in failed["error"]
    assert "a higher NERVE_DEADLINE_S of the gateway, or a lower --concurrency" in failed["error"]


@pytest.mark.parametrize("kind", [*NerveError.__subclasses__(), *EngineFailure.__subclasses__()])
def test_an_error_of_a_line_is_that_of_a_request(kind: type[NerveError]) -> None:
    """Whatever the gateway can say: it has no status there."""
    error = {"message": "no", "type": kind.type, "param": None, "code": None}
    for content in ({"line": 1, "error": error}, {"error": error}):
        assert of_line(httpx2.Response(200, json=content)).status_code == kind.status
