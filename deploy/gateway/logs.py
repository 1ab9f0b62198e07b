"""The gateway's log on standard error: for people, or a JSON object a line.

Whatever is logged, an exception's own words are left out: they may quote a text. No word of a
caller's ends a line, reaches a terminal as a command, or passes for a field.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType

from service.observe.tracing import trace_id
from service.settings import Settings
from service.wire import request_id
from service.wire.wording import visible

_Error = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None
)


# Those that word their own messages; a library's may quote a caller, whole.
_OURS = frozenset({"nerve", "uvicorn"})
_LONGEST = 500
_PLAIN = re.compile(r"[\w.,:;/@+()\[\]{}*-]*")


def configure(settings: Settings) -> None:
    """Everything that is logged in this process, uvicorn's lines too, in one format."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if settings.log_format == "json" else Text())
    # Of libraries, what went wrong: at debug, HTTP clients would log headers, and keys with them.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    # They warn of what is wrong with headers in the headers' own words: a caller's, before a key is
    # asked for, and those for the collector, which have its key.
    for name in ("opentelemetry.trace", "opentelemetry.baggage", "opentelemetry.util.re"):
        logging.getLogger(name).setLevel(logging.ERROR)


class Text(logging.Formatter):
    """One line, then ``field=value`` for each of the record's fields that has a value."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(name)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line; below it where a fault came from."""
        shown = (
            f"{name}={_shown(value)}"
            for name, value in _fields(record).items()
            if value is not None
        )
        said = _message(record)
        if "=" in said and not _is_ours(record):
            said = json.dumps(said, ensure_ascii=False)
        line = f"{self.formatTime(record)} {record.name} {record.levelname} {said}"
        return "\n".join([" ".join([line, *shown]), *_faults(record.exc_info)])


class JsonLines(logging.Formatter):
    """One object, in ASCII: no text of a caller can end a line or break its encoding."""

    def format(self, record: logging.LogRecord) -> str:
        """The object as a line."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **_fields(record),
        }
        if faults := [*_faults(record.exc_info)]:
            told["fault"] = "\n".join(faults)
        return json.dumps({name: value for name, value in told.items() if value is not None})


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {
        "request_id": request_id.current(),
        "trace_id": trace_id(),
        **getattr(record, "fields", {}),
    }


def _shown(value: object) -> str:
    """In quotes where it could be taken for more fields: a caller's id may have blanks."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _message(record: logging.LogRecord) -> str:
    message = record.getMessage().rstrip()
    if _is_ours(record):  # uvicorn's may have lines, of a fault at the start
        return "\n".join(map(visible, message.split("\n")))
    if record.name == "asyncio":  # below, it shows the task, and with it the exception's words
        message = message.partition("\n")[0]
    return visible(message[:_LONGEST]) + "..." * (len(message) > _LONGEST)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in _OURS


def _faults(error: _Error) -> Iterator[str]:
    """Where it was raised and its type, the cause first, as Python's tracebacks have it."""
    if error is None or error[1] is None:
        return
    chain: list[BaseException] = []
    one: BaseException | None = error[1]
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    for fault in reversed(chain):
        yield "Traceback (most recent call last):"
        yield from (line.rstrip() for line in traceback.format_tb(fault.__traceback__))
        yield f"{type(fault).__module__}.{type(fault).__qualname__}"
        if isinstance(fault, BaseExceptionGroup):
            for part in fault.exceptions:
                yield from _faults((type(part), part, part.__traceback__))
