"""The wire types. A field's description is also what its errors say was expected."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from service.errors import InvalidRequest, MalformedBody, NerveError
from service.ner.types import Constraint, Reason

Offsets = Literal["codepoint", "utf16", "utf8"]


def _encodable(text: str) -> str:
    """JSON can carry half a surrogate pair, and NUL; an engine can be sent neither."""
    text.encode("utf-8")
    if "\0" in text:
        raise ValueError("NUL")
    return text


Text = Annotated[str, AfterValidator(_encodable)]
LabelName = Annotated[Text, Field(min_length=1, max_length=64)]
Description = Annotated[Text, Field(max_length=500)]


class ExtractRequest(BaseModel):
    """What to extract, from what, by which model. Only ``text`` is required."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: Text = Field(description="a string without lone surrogates and without NUL")
    model: Text | None = Field(
        None, description="the name of an adapter or of the base model, as a string"
    )
    labels: (
        Annotated[list[LabelName], Field(min_length=1, max_length=100)]
        | Annotated[dict[LabelName, Description], Field(min_length=1, max_length=100)]
        | None
    ) = Field(
        None,
        description="1 to 100 names of 1 to 64 characters as a list, "
        "or an object of name to description (up to 500 characters)",
    )
    offsets: Offsets = Field("codepoint", description="one of codepoint, utf16, utf8")
    constraint: Constraint = Field("grounded", description="one of grounded, schema, none")
    min_score: float = Field(0.0, ge=0.0, le=1.0, description="a number from 0 to 1")


class FoundEntity(BaseModel):
    """An entity: ``text[start:end]`` is ``text``, half-open, in the unit that the request names."""

    label: str
    text: str
    start: int
    end: int
    score: float | None = Field(description="calibrated confidence; null without a calibration")


class DroppedMention(BaseModel):
    """What the model said that could not be used."""

    label: str | None
    text: str
    reason: Reason


class Usage(BaseModel):
    """Tokens that the engine counted."""

    prompt_tokens: int
    completion_tokens: int


class ExtractResponse(BaseModel):
    """The answer: entities sorted by start."""

    id: str
    model: str
    entities: list[FoundEntity]
    dropped: list[DroppedMention]
    truncated: bool
    usage: Usage


class ErrorBody(BaseModel):
    """The OpenAI error envelope's content."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(BaseModel):
    """The OpenAI error envelope."""

    error: ErrorBody

    @classmethod
    def of(cls, error: NerveError) -> "ErrorResponse":
        """The envelope of ``error``."""
        body = ErrorBody(message=error.message, type=error.type, param=error.param, code=error.code)
        return cls(error=body)


def request_error(error: Mapping[str, Any]) -> InvalidRequest:
    """What pydantic found wrong with a body, as field, value and what was expected."""
    path = [str(part) for part in error["loc"][1:]]
    if error["type"] == "json_invalid":
        return MalformedBody(f"the body is not JSON: {error['ctx']['error']}")
    if not path:
        got = _shown(error["input"])
        return InvalidRequest(f"the body is {got}; expected a JSON object (application/json)")
    field = path[0]
    known = ExtractRequest.model_fields.get(field)
    if known is None:
        fields, field = ", ".join(ExtractRequest.model_fields), field[:64]
        return InvalidRequest(f"{field} is not a field; expected {fields}", param=field)
    if error["type"] == "missing":
        return InvalidRequest(f"{field} is missing; expected {known.description}", param=field)
    got = _shown(error["input"])
    return InvalidRequest(f"{field} has {got}; expected {known.description}", param=field)


def _shown(value: object) -> str:
    shown = ascii(value) if isinstance(value, str) else repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
