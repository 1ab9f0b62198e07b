"""A worker that is told to stop twice at once: by a terminal, and by the process that watches."""

import logging
import signal
import time

import pytest
import uvicorn
from fastapi import FastAPI

from deploy.gateway.worker import Worker
from service.guard.counters import Counters
from service.guard.draining import Draining

DRAIN_S = 1000.0


@pytest.fixture
def worker() -> Worker:
    """One that would drain for long, and was never begun."""
    return Worker(uvicorn.Config(FastAPI()), Draining(), DRAIN_S, Counters())


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_first_is_written_down(
    second: signal.Signals, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    """It comes between any two steps, and is the second: Ctrl-C shortens, SIGTERM is told once."""

    def heard(record: logging.LogRecord) -> bool:
        logger.removeFilter(heard)
        worker.handle_exit(second, None)
        return True

    logger = logging.getLogger("nerve")
    logger.addFilter(heard)
    with caplog.at_level(logging.INFO, logger="nerve"):
        worker.handle_exit(signal.SIGTERM, None)
    assert [record.message for record in caplog.records] == [
        "stopping: not ready any more; no new connections in 1000 s"
    ]
    left_s = (worker._stop_at or 0.0) - time.monotonic()
    assert (left_s <= 0) == (second == signal.SIGINT)
