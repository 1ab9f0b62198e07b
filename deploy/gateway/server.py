"""uvicorn, told when to stop: not ready first, then no new connections, then the end."""

import gc
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from opentelemetry.trace import TracerProvider

from deploy.gateway import tracing
from deploy.gateway.http_protocol import BoundedProtocol, Door
from deploy.gateway.listeners import listeners_of
from deploy.gateway.unread import Unread
from service.app import create_app
from service.guard.draining import Draining
from service.settings import Settings

logger = logging.getLogger("nerve")

_NOT_STARTED = 3  # as uvicorn's own command has it
# New objects that make the collector look for cycles. Its own 700 are those of a few requests, and
# while many are answered at a time it looks at all of theirs, a fifth of the processor's time.
_YOUNG = 20_000

# Asks several workers to make room for their successors.
REPLACE = signal.SIGUSR1

# Longer than balancers keep theirs, 60 s as a rule: one that sends on a connection that is being
# closed has no answer for its caller.
_KEEPALIVE_S = 75


class Server(uvicorn.Server):
    """SIGTERM, and SIGHUP unless the process was begun deaf to it (nohup): drains for ``drain_s``
    seconds, then lets requests in flight finish, and the exit status is 0. Ctrl-C (SIGINT): the
    same without draining. A second signal ends the process. SIGUSR1 changes nothing."""

    def __init__(self, config: uvicorn.Config, draining: Draining, drain_s: float) -> None:
        super().__init__(config)
        self._draining, self._drain_s = draining, drain_s
        self._stop_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """uvicorn's handler of both signals; its own would have the process die of them."""
        if self._stop_at is not None:
            logger.warning("ended at once, by a second signal")
            # Not by the signal's own default, which the first process of a container never sees.
            os._exit(128 + sig)
        wait_s = 0.0 if sig == signal.SIGINT else self._drain_s
        ready = "as ready as before" if self._draining.others_stay else "not ready any more"
        self._draining.begun = True
        # Before the line is written: another signal may come meanwhile, and is the second.
        self._stop_at = time.monotonic() + wait_s
        logger.info("stopping: %s; no new connections in %g s", ready, wait_s)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, which leaves other signals at what they do: end the process at once."""
        signal.signal(REPLACE, _nothing_to_replace)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self.handle_exit)
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        """uvicorn asks ten times a second whether to stop."""
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)


def _nothing_to_replace(sig: int, frame: FrameType | None) -> None:
    name = signal.Signals(sig).name
    logger.warning("%s: nothing is replaced; expected several workers (NERVE_WORKERS)", name)


def run(
    settings: Settings,
    make: Callable[[TracerProvider | None], Server],
    listeners: Sequence[socket.socket] | None = None,
) -> None:
    """The gateway that ``make`` makes, until a signal; ends the process with status 3 where it
    cannot begin. Without ``listeners`` it has those of ``settings``.

    Raises as ``make`` does, and SettingsError where spans cannot be sent as asked, or where it
    cannot listen.
    """
    _raise_the_limit_of_files(settings)
    spans = tracing.provider()
    gateway = make(spans)
    _spare_the_collector()
    try:
        gateway.run([*(listeners_of(settings) if listeners is None else listeners)])
    finally:
        if spans is not None:
            tracing.end(spans)
    if not gateway.started:
        sys.exit(_NOT_STARTED)


def server(settings: Settings, spans: TracerProvider | None = None) -> Server:
    """The gateway with all of its limits, ready to ``run``. Raises as ``create_app`` does."""
    draining = Draining()
    app, unread = create_app(settings, draining, spans), unread_of(settings)
    door = Door(settings.max_connections, settings.receive_s, unread)
    return Server(config(settings, app, door), draining, settings.drain_s)


def unread_of(settings: Settings) -> Unread:
    """What one process keeps for callers that do not take it."""
    return Unread(settings.deadline_s, settings.max_held_bytes)


def config(settings: Settings, app: FastAPI, door: Door) -> uvicorn.Config:
    """What uvicorn is told."""
    protocol: Any = partial(BoundedProtocol, door)
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=protocol,
        ws="none",
        timeout_keep_alive=_KEEPALIVE_S,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
        log_config=None,
        access_log=False,
        server_header=False,
        reset_contextvars=True,  # one that was sent ahead would have the deadline and the trace
        proxy_headers=False,  # nothing here asks for a caller's address
    )


def _spare_the_collector() -> None:
    """What is there now stays: no need to look at it again and again for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG)


def _raise_the_limit_of_files(settings: Settings) -> None:
    """Connections are files, and the usual soft limit of 1024 is less than we take."""
    wanted = settings.max_connections + settings.max_in_flight * settings.request_concurrency + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        logger.warning("the limit of open files is %d; %d may be needed", hard, wanted)
        wanted = hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
