"""What one request asked of which model, with which key, and how much was found: for the log.

A context variable holds it, so that the use cases, which know nothing of HTTP, can add to it; tasks
that a request starts add to the same one. Names only, never a text nor a key.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class RequestRecord:
    """One request's; ``models`` are public names, of a batch several; ``entities`` is None until a
    text has been extracted; ``key`` is the name of its api key."""

    models: set[str] = field(default_factory=set)
    entities: int | None = None
    key: str | None = None


_CURRENT: ContextVar[RequestRecord | None] = ContextVar("record", default=None)


class Recording:
    """A new one, for what runs inside."""

    __slots__ = ("_token",)

    def __enter__(self) -> RequestRecord:
        record = RequestRecord()
        self._token = _CURRENT.set(record)
        return record

    def __exit__(self, *_: object) -> None:
        _CURRENT.reset(self._token)


def asks(model: str) -> None:
    """The request asks for this model, by its public name."""
    record = _CURRENT.get()
    if record is not None:
        record.models.add(model)


def found(entities: int) -> None:
    """So many entities were found in one of the request's texts."""
    record = _CURRENT.get()
    if record is not None:
        record.entities = (record.entities or 0) + entities


def has_key(name: str) -> None:
    """The request came with the api key of this name."""
    record = _CURRENT.get()
    if record is not None:
        record.key = name
