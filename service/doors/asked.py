"""Fields of a request to a door, and what is said of those that are wrong.

A door takes out of a body what it needs, checked, and lets the rest go before anything is waited
for: a parsed body has dozens of times its bytes, and the engine may work for a minute.
"""

from collections.abc import Collection
from typing import Any, TypeVar

from service.errors import InvalidRequest
from service.wire.request_errors import as_text
from service.wire.responses import ErrorBody
from service.wire.wording import meant, shown

Kind = TypeVar("Kind")
TextOrFault = str | ErrorBody

_CALLED: dict[type, str] = {
    str: "a string",
    list: "a list",
    dict: "an object",
    int: "an integer",
    bool: "true or false",
}


def field(values: dict[str, Any], name: str, kind: type[Kind]) -> Kind:
    """The value of a field that has to be there; raises InvalidRequest."""
    value = values.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        said = f"has {shown(value)}" if name in values else "is missing"
        raise InvalidRequest(f"{name} {said}; expected {_CALLED[kind]}", param=name)
    return value


def optional(values: dict[str, Any], name: str, kind: type[Kind], default: Kind) -> Kind:
    """The value of a field that may be missing or null; raises InvalidRequest."""
    return default if values.get(name) is None else field(values, name, kind)


def strings(values: dict[str, Any], name: str) -> frozenset[str]:
    """Those of a list that may be missing or null, to look words up in: a body has room for a
    hundred thousand. Raises InvalidRequest."""
    listed = optional(values, name, list, [])
    wrong = next((one for one in listed if not isinstance(one, str)), None)
    if wrong is not None:
        raise InvalidRequest(f"{name} has {shown(wrong)}; expected strings", param=name)
    return frozenset(listed)


def one_or_many(values: dict[str, Any], name: str, most: int) -> str | list[str]:
    """A text, or a list of them; raises InvalidRequest."""
    given = values.get(name)
    if not isinstance(given, list):
        return as_text(field(values, name, str), name)
    at_most(given, most, name, "too_many_texts")
    return [as_text(item, f"{name}[{place}]") for place, item in enumerate(given)]


def text_or_fault(value: object, name: str) -> TextOrFault:
    """One of several texts; where it is none, what is wrong with it, for an answer of its own."""
    try:
        return as_text(value, name)
    except InvalidRequest as exc:
        return ErrorBody.of(exc)


def only(values: dict[str, Any], known: Collection[str], where: str) -> None:
    """Raises InvalidRequest for a field that is not ``known``: it would be ignored in silence."""
    unknown = next((name for name in values if name not in known), None)
    if unknown is not None:
        raise InvalidRequest(
            f"{unknown[:64]} is not a field of {where}{meant(unknown, known)}; "
            f"expected {', '.join(known)}",
            param=unknown[:64],
        )


def at_most(texts: Collection[object], most: int, name: str, code: str) -> None:
    """Raises InvalidRequest for more texts than the original takes."""
    if len(texts) > most:
        raise InvalidRequest(
            f"{name} has {len(texts)} items; expected up to {most}", param=name, code=code
        )
