"""A model's words, whole or streamed as the engine would, and the events that a caller gets."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.types import Receive, Send

from tests.conftest import Gateway
from tests.support.fake_engine import Script, answer, streams

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 96, "completion_tokens": 15, "total_tokens": 111}

Told = tuple[str, float]
Event = tuple[str, dict[str, Any]]

# What most of these tests are about, and what stands in it.
TEXT = "浙商银行的叶老桂"
BANK = {"label": "company", "text": "浙商银行", "start": 0, "end": 4, "score": None}
NAME = {"label": "name", "text": "叶老桂", "start": 5, "end": 8, "score": None}


def chunk(content: str | None, tokens: Sequence[Told] = (), reason: str | None = None) -> bytes:
    """An event of a streamed chat completion; half a surrogate pair stands in it as its escape."""
    choice: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": reason}
    if content is not None:
        choice["delta"]["content"] = content
    if tokens:
        choice["logprobs"] = {"content": [told(*token) for token in tokens]}
    body = {"object": "chat.completion.chunk", "choices": [choice]}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def usage() -> bytes:
    """The event that tells the tokens that were counted."""
    return b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"


def told(token: str, logprob: float) -> dict[str, Any]:
    """How the engine tells a token's probability."""
    return {"token": token, "logprob": logprob, "bytes": None}


@dataclass(frozen=True)
class Words:
    """What a model writes: in ``pieces`` of UTF-16 code units when streamed, ``tokens`` beside
    them; the bytes of the stream are cut every ``cut`` bytes."""

    pieces: Sequence[str]
    tokens: Sequence[Sequence[Told]] = ()
    reason: str = "stop"
    cut: int = 1000

    @property
    def text(self) -> str:
        """All of it."""
        units = "".join(self.pieces).encode("utf-16-le", "surrogatepass")
        return units.decode("utf-16-le")

    def events(self) -> list[bytes]:
        """The stream, an item a token."""
        beside = [*self.tokens, *[()] * len(self.pieces)][: len(self.pieces)]
        rest = [token for tokens in self.tokens[len(self.pieces) :] for token in tokens]
        pairs = zip(self.pieces, beside, strict=True)
        said = [chunk(piece, tokens) for piece, tokens in pairs]
        return [chunk(""), *said, chunk("", rest, self.reason), usage(), DONE]

    async def whole(self, body: dict[str, Any], send: Send) -> None:
        """The answer to a request that wants no stream."""
        choice: dict[str, Any] = {
            "message": {"role": "assistant", "content": self.text},
            "finish_reason": self.reason,
        }
        if body.get("logprobs") and self.tokens:
            content = [told(*token) for tokens in self.tokens for token in tokens]
            choice["logprobs"] = {"content": content}
        await answer(send, {"choices": [choice], "usage": USAGE})

    async def __call__(self, body: dict[str, Any], receive: Receive, send: Send) -> None:
        """A script."""
        if not body.get("stream"):
            await self.whole(body, send)
            return
        data = b"".join(self.events())
        parts = [data[at : at + self.cut] for at in range(0, len(data), self.cut)]
        await streams(*parts)(body, receive, send)


def says(*pieces: str, then: Script | None = None) -> Script:
    """A script: these pieces, streamed; the stream ends there, or goes on with ``then``."""
    return streams(chunk(""), *map(chunk, pieces), then=then)


def ends(*pieces: str) -> Script:
    """What follows these pieces, as a script's ``then``: they, and a good end."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        for data in Words(pieces).events()[1:]:
            await send({"type": "http.response.body", "body": data, "more_body": True})

    return script


def events_of(content: bytes) -> list[Event]:
    """The events of a whole answer."""
    *events, rest = content.split(b"\n\n")
    assert rest == b""
    return [event_of(event) for event in events]


def event_of(event: bytes) -> Event:
    """Its name and data, one line each."""
    name, data = event.decode().split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def streamed(gateway: Gateway, text: str, **fields: object) -> list[Event]:
    """The events of an extraction that succeeds."""
    response = gateway.extract(text, stream=True, **fields)
    assert response.status_code == 200, response.text
    return events_of(response.content)


def arriving(response: httpx2.Response) -> Iterable[Event]:
    """The events, as they come."""
    rest = b""
    for data in response.iter_raw():
        *events, rest = (rest + data).split(b"\n\n")
        yield from map(event_of, events)


def of(events: Iterable[Event], name: str) -> list[dict[str, Any]]:
    """The data of the events of that name."""
    return [data for one, data in events if one == name]
