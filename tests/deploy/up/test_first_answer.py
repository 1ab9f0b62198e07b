"""What `nerve up` shows of the sentence that it asks once everything is up."""

import asyncio
import io
from typing import Any

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from deploy.terminal.show import Phases
from deploy.up.up import SAMPLE, first_answer
from service.settings import Settings
from tests.support.serving import free_port, serving


def _shown(url: str) -> str:
    console = Console(file=io.StringIO(), width=200)
    asyncio.run(first_answer(Phases(console), Settings(), url))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _answering(status: int, body: dict[str, Any]) -> Starlette:
    async def extract(_: Request) -> JSONResponse:
        return JSONResponse(body, status)

    return Starlette(routes=[Route("/extract", extract, methods=["POST"])])


@pytest.mark.parametrize("status", [401, 403, 504])
def test_a_refusal_is_a_warning(status: int) -> None:
    """The service is up, whatever it says to this sentence with this key."""
    with serving(_answering(status, {"error": {"message": "why not"}})) as url:
        assert _shown(url) == f"no first answer: status {status}: why not\n"


def test_no_answer_is_a_warning() -> None:
    """A gateway that died meanwhile is started again."""
    shown = _shown(f"http://127.0.0.1:{free_port()}")
    assert shown.startswith("no first answer: no gateway answers at ")


def test_an_answer_is_shown() -> None:
    """With the sentence and its entities."""
    entity = {"label": "company", "text": "浙商银行", "start": 0, "end": 4}
    body = {"entities": [entity], "dropped": [], "truncated": False}
    with serving(_answering(200, body)) as url:
        shown = _shown(url)
    assert shown.startswith("✓ first answer ") and SAMPLE in shown and "company" in shown
