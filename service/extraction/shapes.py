"""Answers in another tool's shape, none of which can say that something may be missing: that is an
error, or stands in headers."""

from service.errors import RequestTooLarge


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
