"""What callers send. A field's description is also what its errors say was expected."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from service.ner.types import MOST_BIAS, Constraint, Overlaps

Offsets = Literal["codepoint", "utf16", "utf8"]
Scores = Literal["calibrated", "raw"]

UNSENDABLE: Final = "unsendable"  # pydantic's problem of this type
WHOLE = "without lone surrogates (half of an emoji is one) and without NUL"
TEXT = f"a string {WHOLE}"


def sendable(text: str) -> str:
    """``text``; raises ValueError for half of a surrogate pair and for NUL: JSON can carry them,
    an engine can be sent neither."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise PydanticCustomError(UNSENDABLE, "half of a surrogate pair") from exc
    if "\0" in text:
        raise PydanticCustomError(UNSENDABLE, "NUL")
    return text


def no_more_than(most: int) -> BeforeValidator:
    """Said before each item is looked at: there may be a hundred thousand, each with its error."""

    def check(value: Any) -> Any:
        if isinstance(value, list | dict) and len(value) > most:
            raise ValueError("too many")
        return value

    return BeforeValidator(check)


Text = Annotated[str, AfterValidator(sendable)]
LabelName = Annotated[Text, Field(min_length=1, max_length=64)]
Description = Annotated[Text, Field(max_length=500)]
# Whatever a database has in 64 bits, with a sign or without.
LineId = Annotated[Text, Field(max_length=256)] | Annotated[int, Field(ge=-(2**63), lt=2**64)]


class ExampleEntity(BaseModel):
    """An entity of an example: ``text`` is a part of the example's text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    label: LabelName = Field(description="one of the request's labels")
    text: Annotated[Text, Field(min_length=1, max_length=200)] = Field(
        description="a part of the example's text, 1 to 200 characters"
    )


class LabelledText(BaseModel):
    """An example: a text, and its entities in any order."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: Annotated[Text, Field(min_length=1, max_length=500)] = Field(
        description="a string of 1 to 500 characters"
    )
    entities: Annotated[list[Annotated[ExampleEntity, no_more_than(8)]], Field(max_length=50)] = (
        Field(description='up to 50 of {"label", "text"}')
    )


class Options(BaseModel):
    """How to extract, whatever the text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    model: Text | None = Field(
        None, description="the name of an adapter or of the base model, as a string"
    )
    labels: Annotated[
        Annotated[list[LabelName], Field(min_length=1, max_length=100)]
        | Annotated[dict[LabelName, Description], Field(min_length=1, max_length=100)]
        | None,
        no_more_than(100),
    ] = Field(
        None,
        description="1 to 100 names of 1 to 64 characters as a list, "
        "or an object of name to description (up to 500 characters)",
    )
    examples: Annotated[
        list[Annotated[LabelledText, no_more_than(8)]], Field(max_length=8), no_more_than(8)
    ] = Field(
        [],
        description='up to 8 of {"text": up to 500 characters, "entities": up to 50 of '
        '{"label", "text"}}, for a model that takes any labels',
    )
    offsets: Offsets = Field("codepoint", description="one of codepoint, utf16, utf8")
    constraint: Constraint = Field("grounded", description="one of grounded, schema, none")
    overlaps: Overlaps = Field("longest", description="one of longest, all")
    min_score: float | None = Field(None, ge=0.0, le=1.0, description="a number from 0 to 1")
    end_bias: float | None = Field(
        None, ge=-MOST_BIAS, le=MOST_BIAS, description="a number from -10 to 10"
    )
    scores: Scores = Field("calibrated", description="one of calibrated, raw")


class Texts(Options):
    """What to work on, how. Only ``text``, or ``texts``, is required."""

    text: Text | None = Field(None, description=TEXT)
    texts: list[Any] | None = Field(None, description=f"a list of strings, each {WHOLE}")

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
    """One line of a batch: as a request of ``POST /extract``, with one text, and the caller's own
    ``id``, which its answer bears."""

    id: LineId | None = Field(
        None, description="a string of up to 256 characters, or a whole number of 64 bits"
    )
    text: Text = Field(description=TEXT)


class RedactRequest(Texts):
    """What to mask: as what to extract, but for the model's own ``min_score``: what scores less
    may be a secret, too."""

    min_score: float = Field(0.0, ge=0.0, le=1.0, description="a number from 0 to 1")
    mask: Annotated[Text, Field(max_length=100)] = Field(
        "[{LABEL}]",
        description="up to 100 characters; {label} and {LABEL} in it are the entity's label, "
        "{n} is the number of its surface, and {{word}} any other word in braces",
    )
    map: bool = Field(
        False, description="true, with {n} in mask: what each mask stands for; or false"
    )
    ignore_case: bool = Field(
        False,
        description="true: a masked surface is masked in capitals and small letters; or false",
    )
