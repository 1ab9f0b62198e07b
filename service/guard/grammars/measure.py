"""One question for every door by which a schema, a grammar or a regex comes in."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from service.errors import InvalidRequest
from service.guard.grammars import lark, regex, schema
from service.guard.grammars.size import Limits, Size, Unmeasurable
from service.wire.json_object import DECODER

Kind = Literal["json", "grammar", "regex", "choice"]
_MOST_CHOICES = 1024


def measure_tools(parameters: Sequence[Any], limits: Limits) -> str | None:
    """As ``measure``, of all that a request's functions take: each alone, and all together, as the
    engine compiles them where one of them has to be called."""
    each = (measure("json", one, limits) for one in parameters)
    return next(filter(None, each), None) or _refusal(lambda: _together(parameters), limits)


def measure(kind: Kind, value: Any, limits: Limits) -> str | None:
    """None, or what was expected of ``value``, which is more than ``limits`` or cannot be measured.

    ``json`` is a schema, as an object or as a string of JSON; ``grammar`` is in Lark or GBNF;
    ``choice`` a list of strings. What is of another type is the engine's to refuse.
    """
    return _refusal(lambda: _size(kind, value), limits)


def _refusal(size_of: Callable[[], Size | None], limits: Limits) -> str | None:
    try:
        size = size_of()
    except Unmeasurable as exc:
        return str(exc)
    except InvalidRequest as exc:  # of a schema within a string
        return f"each name once, and {exc.param!r} is there twice in one object"
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
            value = DECODER.decode(value)
        except (ValueError, RecursionError) as exc:
            raise Unmeasurable("a schema that is JSON") from exc
    return schema.measure(value) if isinstance(value, dict) else None


def _together(parameters: Sequence[Any]) -> Size:
    """References lead from the one schema that the engine makes of all, with all definitions: of
    one function's to another's, too, and elsewhere than in the function's own."""
    tools, definitions = [], dict[str, Any]()
    for one in parameters:
        own = one if isinstance(one, dict) else {}
        if isinstance(own.get("$defs"), dict):
            definitions |= own["$defs"]
        inner = {name: value for name, value in own.items() if name != "$defs"}
        tools.append({"properties": {"name": {"enum": [""]}, "parameters": inner}})
    made = {"type": "array", "items": {"anyOf": tools}, "$defs": definitions}
    return schema.measure(made, dangling=True)


def _choices(value: Any) -> Size | None:
    if not isinstance(value, list):
        return None
    if len(value) > _MOST_CHOICES or not all(isinstance(one, str) for one in value):
        raise Unmeasurable(f"up to {_MOST_CHOICES} strings")
    return Size(1, len(value))
