"""Those who wait for room, or for a place: in turn, and one of them looks for all."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any

import pytest
from prometheus_client import Gauge

from service.guard.concurrency import ConcurrencyLimit
from service.guard.counters import Counter, Counters
from service.guard.held_bytes import HeldBytes
from service.guard.share import PLACES

MOST = 50

Wait = Callable[[], Coroutine[Any, Any, None]]


class Looks(AbstractContextManager[None]):
    """The lock under which a number is looked at; counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> None:
        self.count += 1

    def __exit__(self, *_: object) -> None:
        pass


def bytes_of(held: Counter) -> Wait:
    """Room for a byte."""
    budget = HeldBytes(MOST, 1, held, Gauge("held", "bytes", registry=None))
    return lambda: budget.wait(1)


def place_of(taken: Counter) -> Wait:
    """A place."""
    return ConcurrencyLimit(MOST, taken, Gauge("taken", "places", registry=None), lambda: None).wait


@pytest.mark.parametrize("wait_for", [bytes_of, place_of])
def test_one_of_those_who_wait_looks(wait_for: Callable[[Counter], Wait]) -> None:
    """Thousands who looked left the event loop no time; who came first is first."""
    counters, looks, order = Counters(), Looks(), list[int]()
    counters.lock = looks
    number = counters.counter("x")
    wait = wait_for(number)

    async def one(who: int) -> None:
        await wait()
        order.append(who)

    async def all_of_them() -> None:
        number.add(MOST)
        before = looks.count
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            for who in range(MOST):
                group.create_task(one(who))
            await asyncio.sleep(0)  # each has begun
            assert looks.count == before + 1
            number.add(-MOST)

    asyncio.run(all_of_them())
    assert order == list(range(MOST))
    assert number.own == MOST


def test_who_has_many_places_keeps_nobody_else_waiting() -> None:
    """A key that may take no more of them waits by itself."""
    counters = Counters()
    limit = ConcurrencyLimit(
        16, counters.counter("taken"), Gauge("taken", "places", registry=None), lambda: None
    )
    many, few = counters.counter("many"), counters.counter("few")

    async def waits(holder: Counter, times: int) -> None:
        PLACES.holds_for(holder)
        for _ in range(times):
            await limit.wait()

    async def both() -> None:
        greedy = asyncio.create_task(waits(many, 16))
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await asyncio.create_task(waits(few, 2))
        greedy.cancel()

    asyncio.run(both())
    assert (many.own, few.own) == (14, 2)
