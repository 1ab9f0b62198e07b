"""A scripted engine: a real ASGI application that answers as vLLM would, or worse."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

# Of vLLM 0.32, as one engine core and one of two reasons tell it.
METRICS = """# HELP vllm:num_requests_waiting Number of requests waiting to be processed.
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{{engine="0",model_name="base"}} {waiting}
# HELP vllm:num_requests_waiting_by_reason Number of waiting requests, by reason.
# TYPE vllm:num_requests_waiting_by_reason gauge
vllm:num_requests_waiting_by_reason{{engine="0",model_name="base",reason="capacity"}} {waiting}
"""

IM_END = 151645

Script = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    path: str
    body: bytes
    headers: Headers


class FakeEngine:
    """Set ``script`` to choose how completions go; read ``asked`` for what was asked."""

    def __init__(self, *models: str, window: int | None = 2048) -> None:
        self.models = list(models)
        self.window = window
        self.reset()

    def reset(self) -> None:
        """As new: no memory, a script that finds nothing."""
        self.script: Script = completes("无")
        self.asked: list[dict[str, Any]] = []
        self.seen: list[Seen] = []  # every request, the gateway's own looks at it aside
        self.left = threading.Event()  # a client closed its connection in mid-request
        self.busy = threading.Event()  # a request has come in
        self.tokens: int | Callable[[dict[str, Any]], int] = 10  # what /tokenize counts
        self.token_ids: Callable[[dict[str, Any]], list[int]] = token_ids  # and what it tells
        self.grounds = True  # whether the readiness probe gets a grounded answer
        self.metrics = METRICS.format(waiting=0)
        self.mute: Container[str] = ()  # paths whose requests are taken and never answered
        self.muted: Counter[str] = Counter()  # how many of each

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        raw_body = await _body(receive)
        if raw_body is None:
            return
        raw_body = raw_body or b"{}"
        body = json.loads(raw_body)
        if scope["method"] == "POST" and not _is_probe(body):
            self.seen.append(Seen(scope["path"], raw_body, Headers(scope=scope)))
        if scope["path"] in self.mute:
            self.muted[scope["path"]] += 1
            await self.hangs(body, receive, send)
            return
        match scope["path"]:
            case "/v1/models":
                await answer(send, {"data": [self._model(name) for name in self.models]})
            case "/tokenize":
                told = {
                    "count": self.tokens if isinstance(self.tokens, int) else self.tokens(body),
                    "tokens": self.token_ids(body),
                    "max_model_len": self.window,
                }
                await answer(send, told)
            case "/metrics":
                await raw(send, self.metrics.encode(), kind=b"text/plain; version=0.0.4")
            case "/detokenize":
                await answer(send, {"prompt": "叶老桂"})
            case "/v1/chat/completions" | "/v1/completions" | "/v1/responses":
                await self._complete(body, receive, send)
            case _:
                await answer(send, {"did": "what must not be done"})

    def _model(self, name: str) -> dict[str, object]:
        # As vLLM: no window for an adapter.
        window = None if "@" in name else self.window
        return {"id": name, "object": "model", "max_model_len": window}

    async def _complete(self, body: dict[str, Any], receive: Receive, send: Send) -> None:
        if _is_probe(body):
            await completes("浙商" if self.grounds else "好的")(body, receive, send)
            return
        self.asked.append(body)
        self.busy.set()
        try:
            await self.script(body, receive, send)
        finally:
            self.busy.clear()

    def hangs(self, body: dict[str, Any], receive: Receive, send: Send) -> Awaitable[None]:
        """A script: no answer, until the client leaves."""

        async def wait() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left.set()

        return wait()


def token_ids(body: dict[str, Any]) -> list[int]:
    """A token a character, and IM_END with a line break behind each message; of text only."""
    prompt, messages = body.get("prompt"), body.get("messages") or ()
    if isinstance(prompt, str):
        return [*map(ord, prompt)]
    turns = (message.get("content") for message in messages)
    texts = (turn if isinstance(turn, str) else "" for turn in turns)
    return [token for text in texts for token in (*map(ord, text), IM_END, ord("\n"))]


async def _body(receive: Receive) -> bytes | None:
    """All of it, in as many pieces as it comes; None when the client leaves before its end."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _is_probe(body: dict[str, Any]) -> bool:
    """Does the gateway only want to know whether this engine grounds?"""
    grammar = (body.get("structured_outputs") or {}).get("grammar") or ""
    return grammar.startswith("start: SPAN")


async def answer(send: Send, body: object, status: int = 200) -> None:
    """A whole JSON answer."""
    await raw(send, json.dumps(body).encode(), status)


async def raw(
    send: Send, body: bytes, status: int = 200, kind: bytes = b"application/json"
) -> None:
    """A whole answer of any bytes."""
    headers = [(b"content-type", kind)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def completes(text: str, finish_reason: str = "stop") -> Script:
    """A script: the model writes ``text``."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": finish_reason,
        }
        usage = {"prompt_tokens": 96, "completion_tokens": 15, "total_tokens": 111}
        await answer(send, {"id": "chatcmpl-1", "choices": [choice], "usage": usage})

    return script


def finds(*surfaces: str, label: str = "姓名") -> Script:
    """A script: the model writes a line for each of ``surfaces`` that stands in the text."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        text = text_of(body)
        lines = [f"{label}：{surface}" for surface in surfaces if surface in text]
        await completes("\n".join(lines) or "无")(body, receive, send)

    return script


def text_of(body: dict[str, Any]) -> str:
    """The text that the engine is asked about."""
    text: str = body["messages"][-1]["content"]
    return text


def fails(status: int, body: object) -> Script:
    """A script: an error of the engine."""

    async def script(_: dict[str, Any], receive: Receive, send: Send) -> None:
        await answer(send, body, status)

    return script


def babbles(body: bytes) -> Script:
    """A script: status 200 and something else than a completion."""

    async def script(_: dict[str, Any], receive: Receive, send: Send) -> None:
        await raw(send, body)

    return script


def cuts(after: bytes) -> Script:
    """A script: the connection is closed in the middle of the answer."""

    async def script(_: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": after, "more_body": True})
        raise asyncio.CancelledError  # the server closes a connection whose application fails

    return script


def streams(*chunks: bytes, then: Script | None = None, pause_s: float = 0) -> Script:
    """A script: server-sent events in these pieces; ``then`` what follows, else the end."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await asyncio.sleep(pause_s)
        if then is not None:
            await then(body, receive, send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return script
