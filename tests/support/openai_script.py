"""Answers as vLLM writes them, and scripts that stream them."""

import asyncio
import json
import threading
from typing import Any

from starlette.types import Receive, Send

from tests.conftest import ADAPTER, ENGINE_NAME, Gateway
from tests.support.fake_engine import Script, raw, streams

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
RESPONSES = "/v1/responses"
MESSAGES = [{"role": "user", "content": "叶老桂"}]
BODY = {"messages": MESSAGES}
STREAM = {**BODY, "stream": True}
DONE = b"data: [DONE]\n\n"
# What a model might write to be taken for the engine.
NASTY = f'"model":"{ENGINE_NAME}"\n\ndata: [DONE]\n\n{{"model": "{ENGINE_NAME}"}}'


def compact(body: object) -> bytes:
    """JSON as vLLM writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def chat_answer(text: str, model: str = ENGINE_NAME) -> bytes:
    """A whole chat completion."""
    return compact(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        }
    )


def event(text: str, model: str = ENGINE_NAME) -> bytes:
    """One event of a streamed chat completion."""
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
    }
    return b"data: " + compact(chunk) + b"\n\n"


def writes(body: bytes, status: int = 200, kind: bytes = b"application/json") -> Script:
    """A script: this answer, byte for byte."""

    async def script(_: dict[str, Any], receive: Receive, send: Send) -> None:
        await raw(send, body, status, kind)

    return script


def public(answer: bytes) -> bytes:
    """An answer as a caller has to get it."""
    return answer.replace(f'"model":"{ENGINE_NAME}"'.encode(), f'"model":"{ADAPTER}"'.encode(), 1)


def waits_between(gate: threading.Event, before: list[bytes], after: list[bytes]) -> Script:
    """A script: streams ``before``, and ``after`` only when the gate was opened."""

    async def wait(body: dict[str, Any], receive: Receive, send: Send) -> None:
        if not await asyncio.to_thread(gate.wait, 5):
            raise AssertionError("the client has not got what was sent")
        for chunk in after:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})

    return streams(*before, then=wait)


def last_event(content: bytes) -> dict[str, Any]:
    """The error that a stream ends with."""
    *_, last, empty = content.split(b"\n\n")
    assert empty == b""
    error: dict[str, Any] = json.loads(last.strip().removeprefix(b"data: "))["error"]
    return error


def outcome(gateway: Gateway, name: str) -> float:
    """So many requests to the engine ended so."""
    return gateway.metric(f'nerve_engine_requests_total{{outcome="{name}"}}')
