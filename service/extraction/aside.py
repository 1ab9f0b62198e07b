"""Work that takes longer than others need wait for runs beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

# Folding or cutting a longer text, in code points, takes milliseconds; so does making an answer of
# more entities, or writing it: at 300,000 it takes seconds.
LONG = 20_000
MANY = 1000

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


async def aside(
    is_much: bool,
    work: Callable[Parameters, Result],
    *arguments: Parameters.args,
    **named: Parameters.kwargs,
) -> Result:
    """What ``work`` gives: in a thread if it ``is_much``, else at once."""
    if is_much:
        return await asyncio.to_thread(work, *arguments, **named)
    return work(*arguments, **named)


async def read_aside(raw: bytes, read: Callable[[bytes], Result]) -> Result:
    """What ``read`` makes of a body: parsed and checked, a long one takes tenths of a second."""
    return await aside(len(raw) > LONG, read, raw)
