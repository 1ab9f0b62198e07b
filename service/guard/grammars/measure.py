"""One question for every door by which a schema, a grammar or a regex comes in."""

import json
from typing import Any, Literal, NoReturn

from service.guard.grammars import lark, regex, schema
from service.guard.grammars.size import Limits, Size, Unmeasurable

Kind = Literal["json", "grammar", "regex", "choice"]
_MOST_CHOICES = 1024


def measure(kind: Kind, value: Any, limits: Limits) -> str | None:
    """None, or what was expected of ``value``, which is more than ``limits`` or cannot be measured.

    ``json`` is a schema, as an object or as a string of JSON; ``grammar`` is in Lark or GBNF;
    ``choice`` a list of strings. What is of another type is the engine's to refuse.
    """
    try:
        size = _size(kind, value)
    except Unmeasurable as exc:
        return str(exc)
    return None if size is None else limits.refuse(size)


def _size(kind: Kind, value: Any) -> Size | None:
    if kind == "json":
        return _schema(value)
    if kind == "choice":
        return _choices(value)
    if not isinstance(value, str):
        return None
    return regex.measure(value) if kind == "regex" else lark.measure(value)


def _schema(value: Any) -> Size | None:
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_constant=_refuse)
        except (ValueError, RecursionError) as exc:
            raise Unmeasurable("a schema that is JSON") from exc
    return schema.measure(value) if isinstance(value, dict) else None


def _choices(value: Any) -> Size | None:
    if not isinstance(value, list):
        return None
    if len(value) > _MOST_CHOICES or not all(isinstance(one, str) for one in value):
        raise Unmeasurable(f"up to {_MOST_CHOICES} strings")
    return Size(1, len(value))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value")
