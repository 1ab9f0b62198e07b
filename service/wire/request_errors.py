"""What is wrong with a body, as field, value and what was expected."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from service.errors import InvalidRequest
from service.wire.requests import (
    TEXT,
    UNSENDABLE,
    WHOLE,
    ExampleEntity,
    ExtractRequest,
    LabelledText,
    sendable,
)
from service.wire.wording import meant, shown

Body = TypeVar("Body", bound=BaseModel)
Problem = Mapping[str, Any]  # as pydantic tells it

_ITEMS: Mapping[str, type[BaseModel]] = {"examples": LabelledText, "entities": ExampleEntity}
_NAME = 64  # characters of a caller's own name that a message shows


def as_text(value: object, name: str) -> str:
    """``value``, which must be a text; raises InvalidRequest, which calls it ``name``."""
    if isinstance(value, str):
        try:
            return sendable(value)
        except ValueError:
            pass
    raise no_text(shown(value), name)


def no_text(value: str, name: str) -> InvalidRequest:
    """The error for what is no text, ``value`` as ``shown`` puts it."""
    return InvalidRequest(f"{name} has {value}; expected {TEXT}", param=name)


def validated(body: type[Body], values: object) -> Body:
    """``values`` as a ``body``. Raises InvalidRequest."""
    _only_fields(values, body)
    try:
        return body.model_validate(values)
    except ValidationError as exc:
        problems = [{**one, "loc": ("body", *one["loc"])} for one in exc.errors(include_url=False)]
        raise request_error(problems, body) from exc


def _only_fields(values: object, body: type[BaseModel]) -> None:
    """Raises InvalidRequest where an object has more fields than there are: pydantic would tell of
    each, and there may be a hundred thousand. Of half a surrogate pair in a name it tells nothing
    but that the body is wrong."""
    if not isinstance(values, dict):
        return
    if len(values) > len(body.model_fields) or not all(map(str.isascii, values)):
        name = next(name for name in values if name not in body.model_fields)
        unknown = {"type": "extra_forbidden", "loc": ("body", name), "input": values[name]}
        raise request_error([unknown], body)


def request_error(
    problems: Sequence[Problem], body: type[BaseModel] = ExtractRequest
) -> InvalidRequest:
    """The error for what pydantic found; the first step of a problem's place is the body."""
    problem = _telling(problems)
    return _of_the_whole(problem) or _of_a_field(problem, problems, body)


def _of_the_whole(problem: Problem) -> InvalidRequest | None:
    """The error for a body that is none, or whose fields do not go together; None for a field."""
    match problem["type"]:
        case "no_text":
            return InvalidRequest(f"text is missing; expected {TEXT}, or texts", param="text")
        case "both_texts":
            return InvalidRequest("texts is there beside text; expected one of them", param="texts")
        case "texts_in_stream":
            return InvalidRequest("texts is there; stream expects text", param="texts")
    if len(problem["loc"]) > 1:
        return None
    got = shown(problem["input"])
    return InvalidRequest(f"the body is {got}; expected a JSON object (application/json)")


def _of_a_field(
    problem: Problem, problems: Sequence[Problem], body: type[BaseModel]
) -> InvalidRequest:
    kind, path = problem["type"], problem["loc"][1:]
    if path[-1] == "[key]":  # a name in an object, which is the value that is wrong
        path = path[:-2]
    if kind == "missing" and _has_others(problem, problems):  # another shape, as a whole
        kind, path = "shape", path[:-1]
    place, expected = _place(body, path)
    if kind == UNSENDABLE and WHOLE not in expected:
        expected += f", {WHOLE}"
    if kind == "extra_forbidden":
        fault = f"is not a field{meant(str(path[-1]), expected.split(', '))}"
    else:
        fault = "is missing" if kind == "missing" else f"has {shown(problem['input'])}"
    return InvalidRequest(
        f"{place} {fault}; expected {expected}",
        param=str(path[0])[:_NAME],
    )


def _has_others(missing: Problem, problems: Sequence[Problem]) -> bool:
    """Has an object within the body fields that are none, where it lacks one?"""
    parent = missing["loc"][:-1]
    return len(parent) > 1 and any(
        one["type"] == "extra_forbidden" and one["loc"][:-1] == parent for one in problems
    )


def _telling(problems: Sequence[Problem]) -> Problem:
    """The first; of a union, which is told once for each of its types, that of the type meant.
    Where a field of the body is missing and another is none, that one: it may be mistyped."""
    first = problems[0]
    field = first["loc"][:2]
    if first["type"] == "missing" and len(first["loc"]) == len(field):
        others = (one for one in problems if one["type"] == "extra_forbidden")
        return next((one for one in others if len(one["loc"]) == len(field)), first)
    alike = (one for one in problems if one["loc"][:2] == field)
    return next((one for one in alike if one["type"] not in ("list_type", "dict_type")), first)


def _place(body: type[BaseModel], path: Sequence[str | int]) -> tuple[str, str]:
    """Where in the body, as ``examples[0].entities``, and what is expected there."""
    place, expected = "", ""
    model: type[BaseModel] | None = body
    steps = iter(path)
    for step in steps:
        if isinstance(step, int):
            place += f"[{step}]"
            if model is not None:
                expected = f"an object of {', '.join(model.model_fields)}"
            continue
        place += f".{step[:_NAME]}"
        if model is None:
            continue
        known = model.model_fields.get(step)
        expected = (known and known.description) or ", ".join(model.model_fields)
        model = _ITEMS.get(step)
        if model is None:
            next(steps, None)  # which type of a union was tried
    return place[1:], expected
