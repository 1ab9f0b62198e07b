"""What callers are answered."""

from typing import Self

from pydantic import BaseModel, Field

from service.errors import NerveError
from service.ner.types import Reason


class FoundEntity(BaseModel):
    """An entity: ``text[start:end]`` is ``text``, half-open, in the unit that the request names."""

    label: str
    text: str
    start: int
    end: int
    score: float | None = Field(
        description="calibrated confidence, null without a calibration; or raw, if that was asked"
    )


class DroppedMention(BaseModel):
    """What the model said that could not be used."""

    label: str | None
    text: str
    reason: Reason


class Usage(BaseModel):
    """Tokens that the engine counted."""

    prompt_tokens: int
    completion_tokens: int


class ErrorBody(BaseModel):
    """The OpenAI error envelope's content."""

    message: str
    type: str
    param: str | None
    code: str | None

    @classmethod
    def of(cls, error: NerveError) -> Self:
        """The content for ``error``; half a surrogate pair, which has no UTF-8, as its escape."""
        param = None if error.param is None else _sendable(error.param)
        return cls(message=_sendable(error.message), type=error.type, param=param, code=error.code)


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


class ErrorResponse(BaseModel):
    """The OpenAI error envelope."""

    error: ErrorBody

    @classmethod
    def of(cls, error: NerveError) -> Self:
        """The envelope of ``error``."""
        return cls(error=ErrorBody.of(error))


class FailedChunk(BaseModel):
    """A part of the text that could not be extracted: half-open, in the request's unit."""

    start: int
    end: int
    error: ErrorBody


class ExtractEnd(BaseModel):
    """What an answer says beside entities and dropped mentions. ``partial`` and ``chunks`` are
    there when parts of the text could not be extracted."""

    id: str
    model: str
    truncated: bool
    usage: Usage
    partial: bool = False
    chunks: list[FailedChunk] = []


class ExtractResponse(BaseModel):
    """The answer: entities sorted by start. ``partial`` and ``chunks`` are there when parts of the
    text could not be extracted."""

    id: str
    model: str
    entities: list[FoundEntity]
    dropped: list[DroppedMention]
    truncated: bool
    usage: Usage
    partial: bool = False
    chunks: list[FailedChunk] = []


class ManyResponse(BaseModel):
    """An answer or an error for each of ``texts``, in their order."""

    results: list[ExtractResponse | ErrorResponse]


class RedactResponse(ExtractResponse):
    """``redacted``: the text with its entities masked; their offsets are in the text as given.
    ``map``, if asked for: mask → the surface that it stands for."""

    redacted: str
    map: dict[str, str] | None = None


class ManyRedacted(BaseModel):
    """An answer or an error for each of ``texts``, in their order."""

    results: list[RedactResponse | ErrorResponse]


class _Numbered(BaseModel):
    line: int = Field(description="the number of the request's line, from 1")


class LineAnswer(ExtractResponse, _Numbered):
    """The answer to a line of a batch."""

    id: str | int = Field(description="the line's own, else one that was made")  # type: ignore[assignment]


class LineError(ErrorResponse, _Numbered):
    """What went wrong with a line of a batch; ``id`` is the line's own, if it has one."""

    id: str | int | None = None
