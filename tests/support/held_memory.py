"""How much memory a request takes while the engine works on it."""

import tracemalloc
from typing import Any

import httpx2
from starlette.types import Receive, Send

from tests.conftest import Gateway
from tests.support.fake_engine import Script


def held(
    gateway: Gateway, script: Script, path: str, raw: bytes, **headers: str
) -> tuple[httpx2.Response, float]:
    """The answer to ``raw``, and how many times its bytes were held when the engine was asked, by
    client and gateway together. The engine answers as ``script``."""
    kept = list[int]()

    async def look(body: dict[str, Any], receive: Receive, send: Send) -> None:
        kept.append(tracemalloc.get_traced_memory()[0])
        await script(body, receive, send)

    gateway.engine.script = look
    tracemalloc.start()
    try:
        answer = gateway.client.post(
            path, content=raw, headers={"content-type": "application/json", **headers}
        )
    finally:
        tracemalloc.stop()
    return answer, kept[0] / len(raw)
