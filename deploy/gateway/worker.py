"""One of several gateways behind one port: what runs in a process that ``workers.py`` has begun."""

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
from opentelemetry.trace import TracerProvider

from deploy.gateway.http_protocol import Door
from deploy.gateway.server import REPLACE, Server, config, run, unread_of
from deploy.process import end_with_parent
from service.app import create_app
from service.guard.counters import Counters
from service.guard.draining import Draining
from service.observe.together import Together, count_in
from service.settings import Settings, SettingsError

logger = logging.getLogger("nerve")

# Counters, by which the watcher knows of its workers.
LISTENING, PULSE, PID = "listening", "pulse", "pid"


@dataclass(frozen=True, slots=True)
class Shared:
    """What all workers have in common; ``watcher`` is the process that watches over them, and
    ``folder`` that of their metrics."""

    settings: Settings
    listeners: Sequence[socket.socket]
    counters: Counters
    folder: Path
    watcher: int

    def pids(self) -> list[int]:
        """The watcher, and the workers that run."""
        told = self.counters.counter(PID)
        found = [told.of(column) for column in range(self.counters.columns)]
        return [self.watcher, *(pid for pid in found if pid)]


def work(shared: Shared, number: int) -> None:
    """Serve until told to stop; ``number`` is this worker's column among the counters."""
    end_with_parent()
    if os.getppid() != shared.watcher:
        sys.exit()  # it ended before we could ask to end with it
    # A child begins with its parent's handlers; what ends it before it listens need not wait.
    signal.set_wakeup_fd(-1)
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, REPLACE):
        if signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, signal.SIG_DFL)
    shared.counters.worker = number
    shared.counters.counter(PID).add(os.getpid())
    count_in(shared.folder, number)
    try:
        run(shared.settings, partial(_worker, shared), shared.listeners)
    except SettingsError as exc:
        logger.error("%s", exc)
        sys.exit(1)


def _worker(shared: Shared, spans: TracerProvider | None) -> "Worker":
    settings, counters, draining = shared.settings, shared.counters, Draining()
    together = Together(shared.folder, shared.pids)
    app = create_app(settings, draining, spans, counters, together)
    connections, unread = counters.counter("connections"), unread_of(settings)
    door = Door(settings.max_connections, settings.receive_s, unread, connections)
    return Worker(config(settings, app, door), draining, settings.drain_s, counters)


class Worker(Server):
    """Told to stop again, it goes on as it was told first: who ends a service often sends the
    signal to all of its processes, beside the one that passes it on. That one alone ends what must
    end at once."""

    def __init__(
        self, config: uvicorn.Config, draining: Draining, drain_s: float, counters: Counters
    ) -> None:
        super().__init__(config, draining, drain_s)
        self._listening, self._pulse = counters.counter(LISTENING), counters.counter(PULSE)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to make room, it drains as at SIGTERM, and the gateway is as ready as before."""
        self._draining.others_stay = sig == REPLACE
        if self._stop_at is None:
            super().handle_exit(sig, frame)
        elif sig == signal.SIGINT:
            self._stop_at = min(self._stop_at, time.monotonic())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then the watcher knows."""
        await super().startup(sockets)
        signal.signal(REPLACE, self.handle_exit)
        self._listening.add(1)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second, unless something holds up the event loop."""
        self._pulse.add(1)
        if self._draining.others_stay:
            # From now on theirs: one that came in at the last moment would be closed unanswered.
            for listening in self.servers:
                listening.close()
        return await super().on_tick(counter)
