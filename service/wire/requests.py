"""What callers send. A field's description is also what its errors say was expected."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from service.errors import InvalidRequest, MalformedBody
from service.ner.types import Constraint

Offsets = Literal["codepoint", "utf16", "utf8"]
Scores = Literal["calibrated", "raw"]


def _encodable(text: str) -> str:
    """JSON can carry half a surrogate pair, and NUL; an engine can be sent neither."""
    text.encode("utf-8")
    if "\0" in text:
        raise ValueError("NUL")
    return text


Text = Annotated[str, AfterValidator(_encodable)]
_TEXT = "a string without lone surrogates and without NUL"
LabelName = Annotated[Text, Field(min_length=1, max_length=64)]
Description = Annotated[Text, Field(max_length=500)]


class ExampleEntity(BaseModel):
    """An entity of an example: ``text`` is a part of the example's text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    label: LabelName
    text: Annotated[Text, Field(min_length=1, max_length=200)]


class LabelledText(BaseModel):
    """An example: a text, and its entities in the order of the text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: Annotated[Text, Field(min_length=1, max_length=500)]
    entities: Annotated[list[ExampleEntity], Field(max_length=50)]


class Options(BaseModel):
    """How to extract, whatever the text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

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
    examples: Annotated[list[LabelledText], Field(max_length=8)] = Field(
        [],
        description='up to 8 of {"text": up to 500 characters, "entities": up to 50 of '
        '{"label", "text"}}, for the base model',
    )
    offsets: Offsets = Field("codepoint", description="one of codepoint, utf16, utf8")
    constraint: Constraint = Field("grounded", description="one of grounded, schema, none")
    min_score: float = Field(0.0, ge=0.0, le=1.0, description="a number from 0 to 1")
    scores: Scores = Field("calibrated", description="one of calibrated, raw")


class Texts(Options):
    """What to work on, how. Only ``text``, or ``texts``, is required."""

    text: Text | None = Field(None, description=_TEXT)
    texts: list[Any] | None = Field(
        None, description="a list of strings, each without lone surrogates and without NUL"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.text is None and self.texts is None:
            raise PydanticCustomError("no_text", "text is missing")
        if self.text is not None and self.texts is not None:
            raise PydanticCustomError("both_texts", "text and texts are both there")
        return self

    def only_text(self) -> str:
        """The text of a request that has no ``texts``."""
        assert self.text is not None, "the validator wants one of both"
        return self.text


class ExtractRequest(Texts):
    """What to extract, from what, by which model."""

    stream: bool = Field(
        False, description="true, with text: the answer as server-sent events; or false"
    )

    @model_validator(mode="after")
    def _one_stream(self) -> Self:
        if self.stream and self.texts is not None:
            raise PydanticCustomError("texts_in_stream", "texts is there beside stream")
        return self


class BatchLine(Options):
    """One line of a batch: as a request of ``POST /extract``, with one text."""

    text: Text = Field(description=_TEXT)


class RedactRequest(Texts):
    """What to mask: as what to extract."""

    mask: Annotated[Text, Field(max_length=100)] = Field(
        "[{LABEL}]",
        description="up to 100 characters; {label} and {LABEL} in it are the entity's label",
    )


def as_text(value: object, name: str) -> str:
    """``value``, which must be a text; raises InvalidRequest, which calls it ``name``."""
    if isinstance(value, str):
        try:
            return _encodable(value)
        except ValueError:
            pass
    raise InvalidRequest(f"{name} has {_shown(value)}; expected {_TEXT}", param=name)


def request_error(
    error: Mapping[str, Any], body: type[BaseModel] = ExtractRequest
) -> InvalidRequest:
    """What pydantic found wrong with a body, as field, value and what was expected."""
    path = [str(part) for part in error["loc"][1:]]
    match error["type"]:
        case "json_invalid":
            return MalformedBody(f"the body is not JSON: {error['ctx']['error']}")
        case "no_text":
            return InvalidRequest(f"text is missing; expected {_TEXT}, or texts", param="text")
        case "both_texts":
            return InvalidRequest("texts is there beside text; expected one of them", param="texts")
        case "texts_in_stream":
            return InvalidRequest("texts is there; stream expects text", param="texts")
    if not path:
        got = _shown(error["input"])
        return InvalidRequest(f"the body is {got}; expected a JSON object (application/json)")
    field = path[0]
    known = body.model_fields.get(field)
    if known is None:
        fields, field = ", ".join(body.model_fields), field[:64]
        return InvalidRequest(f"{field} is not a field; expected {fields}", param=field)
    if error["type"] == "missing":
        return InvalidRequest(f"{field} is missing; expected {known.description}", param=field)
    got = _shown(error["input"])
    return InvalidRequest(f"{field} has {got}; expected {known.description}", param=field)


def _shown(value: object) -> str:
    shown = ascii(value) if isinstance(value, str) else repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
