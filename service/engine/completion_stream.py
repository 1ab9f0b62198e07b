"""A completion as the engine streams it: server-sent events, in pieces that are cut anywhere."""

import json
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from service.engine.completion import Completion, Told, Usage, completion, tokens_of
from service.engine.status import failure
from service.errors import EngineError, EngineUnavailable
from service.ner.score import Token
from service.wire.lines import Lines

# An event is one token, with its probability.
MOST_BYTES = 1_000_000
_DATA, _DONE = b"data:", b"[DONE]"
_HIGH, _LOW = "\ud800", "\udc00"

Hear = Callable[[str, Sequence[Token]], None]


class _Delta(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    delta: _Delta
    finish_reason: str | None = None
    logprobs: Told | None = None


class _Event(BaseModel):
    choices: tuple[_Choice, ...] = ()
    usage: Usage | None = None
    error: dict[str, Any] | None = None


class CompletionStream:
    """``feed`` it bytes: ``hear`` is called with each piece of the text and the tokens that were
    told with it. ``completion`` when there are no more."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._lines = Lines(MOST_BYTES)
        self._pieces: list[str] = []
        self._half = ""  # of a surrogate pair, whose other half comes with the next piece
        self._tokens: list[Token] | None = None
        self._reason: str | None = None
        self._usage: Usage | None = None

    def feed(self, data: bytes) -> None:
        """Raises EngineError, and what the engine says that went wrong."""
        for line in self._lines.feed(data):
            if line is None:
                raise EngineError(f"the engine sent an event of more than {MOST_BYTES} bytes")
            if line.startswith(_DATA) and (said := line[len(_DATA) :].strip()) != _DONE:
                self._read(said)

    def completion(self) -> Completion:
        """All of it; raises EngineError, EngineUnavailable."""
        if self._reason is None:
            raise EngineUnavailable("the engine closed the connection before its answer")
        if self._usage is None or self._half:
            raise EngineError("the engine's stream lacks its end")
        tokens = None if self._tokens is None else tuple(self._tokens)
        return completion("".join(self._pieces), self._reason, self._usage, tokens)

    def _read(self, said: bytes) -> None:
        try:
            # Not pydantic's own reader, which knows no half of a surrogate pair.
            event = _Event.model_validate(json.loads(said))
        except (ValueError, RecursionError) as exc:  # a ValidationError is a ValueError
            raise EngineError("the engine's event is not a part of a chat completion") from exc
        if event.error is not None:
            code = event.error.get("code")
            status = code if isinstance(code, int) else HTTPStatus.INTERNAL_SERVER_ERROR
            raise failure(status, json.dumps(event.error, ensure_ascii=False)[:500])
        if len(event.choices) > 1:
            raise EngineError(f"the engine streams {len(event.choices)} choices, expected 1")
        self._usage = event.usage or self._usage
        for choice in event.choices:
            self._take(choice)

    def _take(self, choice: _Choice) -> None:
        self._reason = choice.finish_reason or self._reason
        tokens = tokens_of(choice.logprobs)
        if tokens is not None:
            self._tokens = self._tokens or []
            self._tokens += tokens
        piece = self._whole(choice.delta.content or "")
        self._pieces.append(piece)
        self._hear(piece, tokens or ())

    def _whole(self, piece: str) -> str:
        """Half a surrogate pair waits for the other half; one that is alone is no text."""
        piece, self._half = self._half + piece, ""
        if _HIGH <= piece[-1:] < _LOW:
            piece, self._half = piece[:-1], piece[-1]
        try:
            return piece.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError as exc:
            raise EngineError("the engine wrote half a surrogate pair") from exc
