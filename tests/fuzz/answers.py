"""An engine that may answer anything: bytes of HTTP, or of none, made from a seed."""

import asyncio
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.fuzz.target import Target

# What the gateway may say of an engine that answers anything.
EXPECTED = frozenset({200, 400, 413, 415, 422, 429, 502, 503, 504})
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/extract", {"text": "浙商银行叶老桂"}),
    ("/extract", {"text": "浙商银行叶老桂", "scores": "raw"}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "甲"}]}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": "甲"}], "stream": True}),
    ("/v1/models", {}),
    ("/tokenize", {"prompt": "甲"}),
)
_SURFACES = ("无", "姓名：叶老桂", "姓名：", "：" * 40, "\0", "\ud800", "姓名：叶\n" * 200, "")
_ODD: tuple[Any, ...] = (None, -1, 1e999, 10**30, "", "甲", [], {}, True, [None], {"a": []})


def answer(chance: random.Random) -> bytes:
    """An answer as vLLM writes it, until something happens to it."""
    whole = _http(chance, _stream(chance) if chance.random() < 0.3 else _completion(chance))
    if chance.random() < 0.4:
        return whole
    data = bytearray(whole)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                del data[at:]
            case 1:
                data[at:at] = chance.randbytes(chance.randint(1, 20))
            case 2:
                del data[at : at + chance.randint(1, 30)]
            case _:
                data[at:at] = data[: chance.randint(0, 200)]
    return bytes(data)


def _http(chance: random.Random, body: bytes) -> bytes:
    status = chance.choice((200,) * 8 + (100, 204, 301, 400, 404, 413, 429, 500, 503, 599, 999))
    kinds = (b"application/json",) * 3 + (b"text/event-stream",) * 2 + (b"text/html", b"", b"\xff")
    head = b"HTTP/1.1 %d X\r\ncontent-type: %b\r\n" % (status, chance.choice(kinds))
    match chance.randrange(4):
        case 0:
            return head + b"\r\n" + body  # until the connection closes
        case 1:
            return head + b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (
                len(body),
                body,
            )
        case 2:
            wrong = len(body) + chance.randint(-5, 5)
            return head + b"content-length: %d\r\n\r\n" % wrong + body
        case _:
            return head + b"content-length: %d\r\n\r\n" % len(body) + body


def _completion(chance: random.Random) -> bytes:
    """A chat completion, with odd values in odd places."""
    token = {"token": chance.choice(_SURFACES), "logprob": chance.choice((-0.1, 0, 5, -1e30))}
    choice: dict[str, Any] = {
        "index": 0,
        "message": {"role": "assistant", "content": chance.choice(_SURFACES)},
        "finish_reason": chance.choice(("stop", "length", "abort", "x")),
        "logprobs": {"content": [token] * chance.randint(0, 5)},
    }
    usage: dict[str, Any] = {"prompt_tokens": 9, "completion_tokens": 9}
    found: dict[str, Any] = {"id": "1", "model": "clue", "choices": [choice], "usage": usage}
    found |= {"count": 5, "data": [{"id": "x"}]}
    if chance.random() < 0.5:
        where = chance.choice((choice, usage, found, choice["message"]))
        where[chance.choice(list(where))] = chance.choice(_ODD)
    return json.dumps(found, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _stream(chance: random.Random) -> bytes:
    lines = (
        b"data: " + _completion(chance),
        b"data: [DONE]",
        b": x",
        b"",
        b"data:",
        b"\xff",
        b"data: {",
    )
    return b"".join(
        chance.choice(lines) + chance.choice((b"\n\n", b"\n", b"\r\n\r\n", b""))
        for _ in range(chance.randint(1, 8))
    )


class AnyEngine:
    """Answers each request with the next bytes, and closes."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.last = b""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            self.last = answer(self._chance)
            writer.write(self.last)
            await writer.drain()
        writer.close()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """On a port of loopback, in a thread; yields its address."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()


@dataclass
class Asked:
    """Requests by status, and every fault."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def ask_all(target: Target, engine: AnyEngine, count: int) -> Asked:
    """``count`` requests in turn, each of which the engine answers with something else."""
    asked = Asked()
    with httpx2.Client(base_url=target.gateway.url, timeout=30, trust_env=False) as client:
        for number in range(count):
            path, body = ASKED[number % len(ASKED)]
            try:
                response = client.post(path, json=body) if body else client.get(path)
            except httpx2.HTTPError as exc:
                asked.faults.append(f"{path}: {exc!r} on {engine.last[:500]!r}")
                continue
            asked.statuses[f"{path} {response.status_code}"] += 1
            fault = _fault(response)
            if fault:
                asked.faults.append(f"{path}: {fault} on {engine.last[:500]!r}")
    return asked


def _fault(response: httpx2.Response) -> str | None:
    if response.status_code not in EXPECTED:
        return f"status {response.status_code} {response.text[:200]}"
    if response.status_code == 200:
        return None
    try:
        return None if set(response.json()) >= {"error"} else f"no envelope {response.text[:200]}"
    except ValueError:
        return f"no JSON {response.text[:200]}"
