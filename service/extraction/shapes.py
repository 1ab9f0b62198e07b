"""Answers in another tool's shape, none of which can say that something may be missing: that is an
error, or stands in headers."""

from service.errors import EngineTimeout, EngineUnavailable, RequestTooLarge
from service.wire.responses import ExtractResponse


def check_whole(answer: ExtractResponse) -> None:
    """Raises for a text that lacks a part: RequestTooLarge where that did not fit the deadline, the
    window or the answer, since clients repeat what is 503 by themselves, and it would not fit
    again; EngineUnavailable else."""
    if not answer.partial:
        return
    errors = [part.error for part in answer.chunks]
    unfit = (EngineTimeout.type, RequestTooLarge.type)
    error = min(errors, key=lambda one: unfit.index(one.type) if one.type in unfit else len(unfit))
    message = f"a part of the text could not be extracted: {error.message}"
    if error.type == EngineTimeout.type:
        raise RequestTooLarge(f"{message}; send a shorter text, or give it longer", param="text")
    if error.type == RequestTooLarge.type:
        raise RequestTooLarge(message, param=error.param)
    raise EngineUnavailable(message)


def check_room(truncated: bool) -> None:
    """Raises RequestTooLarge for a text whose entities may not all be there, where that would pass
    for all of them."""
    if truncated:
        raise RequestTooLarge(
            "a completion ran out of room, so entities may be missing; send a shorter text"
        )


def headers(truncated: bool, dropped: int) -> dict[str, str]:
    """What the shapes cannot say."""
    return {"x-nerve-truncated": str(truncated).lower(), "x-nerve-dropped": str(dropped)}
