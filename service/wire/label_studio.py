"""What Label Studio asks of an ML back end, and what it is answered.

Its offsets are half-open and count code points, as ours: its page converts what the browser counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, Field

from service.errors import InvalidRequest
from service.wire import label_config
from service.wire.json_object import JsonObject
from service.wire.label_config import ConfigError, TextField
from service.wire.request_errors import as_text, no_text
from service.wire.responses import ErrorResponse
from service.wire.wording import shown

# More than a body at its default length holds of sentences.
MOST_TASKS = 10_000
_NAME = 64  # characters of a field's name that a message shows


class RegionValue(BaseModel):
    """``text[start:end]``, half-open, in code points."""

    start: int
    end: int
    text: str
    labels: list[str]


class Region(BaseModel):
    """An entity: ``from_name`` is the Labels of the config, ``to_name`` the Text."""

    id: str
    from_name: str
    to_name: str
    type: str = "labels"
    value: RegionValue
    score: float | None = Field(description="calibrated confidence, null without a calibration")


class Prediction(BaseModel):
    """What was found in a task. ``score`` is that of the least certain entity: the order in which
    people should look at them."""

    result: list[Region]
    score: float | None
    model_version: str = Field(description="the adapter, with the beginning of its weights' sha256")

    @classmethod
    def of(cls, regions: list[Region], version: str) -> Self:
        """The prediction with these regions."""
        scores = [one.score for one in regions if one.score is not None]
        return cls(result=regions, score=min(scores, default=None), model_version=version)


class Predictions(BaseModel):
    """One for each task, in their order; a task that could not be extracted has its error."""

    results: list[Prediction | ErrorResponse]


class ModelVersion(BaseModel):
    """What will answer."""

    model_version: str


class Versions(BaseModel):
    """What a person may choose from."""

    versions: list[str]


class Up(BaseModel):
    """The answer to a look at the back end's health."""

    status: str = "UP"
    model_class: str = "Nerve"


@dataclass(frozen=True, slots=True)
class Config:
    """A project's labelling config: its texts that have labels, and the ``field`` it came in."""

    field: str
    texts: Sequence[TextField]

    @classmethod
    def of(cls, values: Mapping[str, Any], field: str) -> Self:
        """Raises InvalidRequest."""
        try:
            return cls(field, label_config.read(values.get(field)))
        except ConfigError as exc:
            raise InvalidRequest(f"{field} {exc}", param=field) from exc


@dataclass(frozen=True, slots=True)
class Setup:
    """``POST /setup``: the project's config. What else there is, a token of Label Studio's API
    among it, is neither used nor kept."""

    config: Config

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Raises MalformedBody, InvalidRequest."""
        return cls(Config.of(JsonObject.read(raw).values, "schema"))


@dataclass(frozen=True, slots=True)
class NoText:
    """The first text of the config that a task lacks, and what it has there, as ``shown`` puts it:
    its error has fifty times the bytes of a task, so it is made when nothing is waited for."""

    field: TextField
    value: str

    def error(self, place: int) -> InvalidRequest:
        """That of the task at ``place``."""
        return no_text(self.value, f"tasks[{place}].data.{self.field.key[:_NAME]}")


TaskTexts = Sequence[str] | NoText


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """``POST /predict``: the project's config, and of each task the text that it has for each of
    the config's, or the first that it lacks. What else is in a task is not kept."""

    tasks: Sequence[TaskTexts]
    config: Config

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Raises MalformedBody, InvalidRequest."""
        values = JsonObject.read(raw).values
        tasks, config = values.get("tasks"), Config.of(values, "label_config")
        if not isinstance(tasks, list):
            raise InvalidRequest("tasks is no list; expected Label Studio's tasks", param="tasks")
        if len(tasks) > MOST_TASKS:
            raise InvalidRequest(
                f"tasks has {len(tasks)} items; expected up to {MOST_TASKS}", param="tasks"
            )
        return cls([_texts(place, task, config) for place, task in enumerate(tasks)], config)


def _texts(place: int, task: object, config: Config) -> TaskTexts:
    """A task without its text is no fault of the others."""
    data, texts = _data(place, task), list[str]()
    for field in config.texts:
        value = field.of(data)
        try:
            texts.append(as_text(value, field.name))
        except InvalidRequest:
            return NoText(field, shown(value))
    return tuple(texts)


def _data(place: int, task: object) -> Mapping[str, Any]:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        where = f"tasks[{place}].data"
        raise InvalidRequest(f"{where} is no object; expected the task's data", param=where)
    return data
