"""The account of one request's time, on a clock that the test moves."""

import pytest

from service.observe.timing import Timed, Waiting, current


class Clock:
    """``now`` in seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that timing reads."""
    clock = Clock()
    monkeypatch.setattr("service.observe.timing.perf_counter", clock)
    return clock


def test_overhead_leaves_the_wait_for_the_engine_out(clock: Clock) -> None:
    """One second before, two of the engine, three after: four."""
    with Timed() as timing:
        clock.now += 1
        with Waiting():
            clock.now += 2
        clock.now += 3
        assert timing.overhead() == 4


def test_two_questions_at_a_time_are_waited_for_once(clock: Clock) -> None:
    """Chunks of a text go side by side."""
    with Timed() as timing:
        with Waiting():
            clock.now += 1
            with Waiting():
                clock.now += 1
            clock.now += 1
        clock.now += 0.5
        assert timing.overhead() == 0.5


def test_a_wait_that_goes_on_is_left_out_too(clock: Clock) -> None:
    """A stream's answer begins while the engine works."""
    with Timed() as timing, Waiting():
        clock.now += 5
        assert timing.overhead() == 0


def test_without_the_engine_there_is_no_overhead(clock: Clock) -> None:
    """Nothing could be left out."""
    with Timed() as timing:
        clock.now += 1
        assert timing.overhead() is None


def test_the_gateways_own_questions_have_no_account() -> None:
    """The look at the engine's state belongs to no request."""
    with Waiting():
        assert current() is None


def test_a_stage_is_added_up(clock: Clock) -> None:
    """Over the chunks of a text."""
    with Timed() as timing:
        timing.add("prompt", 1.0)
        timing.add("prompt", 2.0)
    assert timing.stages == {"prompt": 3.0}
