"""Counters that processes share: never above a limit, and nothing is left of one that died."""

import multiprocessing
import os
import tempfile
from collections.abc import Iterator

import pytest

from service.guard.counters import Counters

WORKERS, ROUNDS, LIMIT = 4, 2_000, 3


@pytest.fixture
def shared() -> Iterator[Counters]:
    """For four workers, of which this process is the first."""
    with tempfile.TemporaryFile() as file:
        yield Counters(file, WORKERS)


def take_and_give(shared: Counters, worker: int) -> None:
    """Again and again; ends with status 1 when it has seen more than the limit."""
    shared.worker = worker
    held = shared.counter("held")
    for _ in range(ROUNDS):
        if held.take(1, LIMIT):
            if held.total > LIMIT:
                os._exit(1)
            shared.counter("taken").add(1)
            held.add(-1)


def test_the_limit_holds_for_all_together(shared: Counters) -> None:
    """Whatever each of them does at the same moment; and no count is lost."""
    fork = multiprocessing.get_context("fork")
    processes = [
        fork.Process(target=take_and_give, args=(shared, number)) for number in range(WORKERS)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert shared.counter("held").total == 0
    taken = shared.counter("taken")
    assert taken.total == sum(taken.of(number) for number in range(WORKERS)) > ROUNDS


def test_what_a_dead_worker_held_is_let_go_of(shared: Counters) -> None:
    """And nothing of the others', nor of what they write together."""
    held = shared.counter("held")
    held.mark = 7
    for worker, amount in ((1, 2), (2, 5)):
        shared.worker = worker
        held.add(amount)
    assert not held.take(1, 7)
    shared.clear(1)
    assert (held.total, held.of(1), held.own, held.mark) == (5, 0, 5, 7)
    assert held.take(2, 7)


def test_names_stand_for_the_same_number_everywhere(shared: Counters) -> None:
    """In whatever order processes come to know them."""

    def other() -> None:
        shared.worker = 1
        for name in ("c", "b", "a"):
            shared.counter(name).add(ord(name))

    assert shared.counter("a").total == 0
    process = multiprocessing.get_context("fork").Process(target=other)
    process.start()
    process.join(30)
    assert {name: shared.counter(name).total for name in "abc"} == {"a": 97, "b": 98, "c": 99}


def test_one_process_needs_no_file() -> None:
    """Two of them do not mix."""
    one, other = Counters(), Counters()
    assert one.counter("held").take(2, 2)
    assert not one.counter("held").take(1, 2)
    assert other.counter("held").total == 0
