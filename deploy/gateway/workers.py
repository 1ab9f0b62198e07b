"""Several gateways behind one port, and the process that watches over them.

They take connections from one listening socket, so that none is lost with a worker that ends, and
count together what is limited. SIGTERM: all drain, then finish what they have, and the exit status
is 0. Ctrl-C: the same without draining. A second signal ends all at once. SIGUSR1 replaces them one
after the other. A worker that dies, or whose event loop stands still, is followed by another.
"""

import logging
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from multiprocessing.connection import wait
from pathlib import Path

from deploy.gateway.listeners import listeners_of
from deploy.gateway.member import Member
from deploy.gateway.server import REPLACE
from deploy.gateway.signals import Signals
from deploy.gateway.worker import LISTENING, PULSE, Shared
from service.app import create_app
from service.guard.counters import Counters
from service.observe.together import forget
from service.settings import Settings

logger = logging.getLogger("nerve")

LOOK_S = 0.1
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 60.0
# A worker that lived this long was well: the next that dies is followed without delay again.
WELL_S = 120.0
# So long an event loop may stand still; a busy one turns many times a second.
STILL_S = 30.0
# Beyond what a worker gives itself to end.
_STOP_MARGIN_S = 3.0
_NOT_STARTED = 3
# Memory, where there is room: what is counted is written again and again.
_MEMORY = "/dev/shm"


def watch_over_workers(settings: Settings) -> None:
    """All of them, until a signal; ends the process with 0, or as the worker that could not begin.

    Raises as ``create_app`` does, and SettingsError where it cannot listen.
    """
    create_app(settings)  # what is wrong with the settings is said once, and here
    with ExitStack() as stack:
        listeners = [stack.enter_context(one) for one in listeners_of(settings)]
        place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="nerve-", dir=place))
        counters = Counters(
            stack.enter_context(tempfile.TemporaryFile(dir=folder)), settings.workers
        )
        shared = Shared(settings, listeners, counters, Path(folder), os.getpid())
        with Signals(signal.SIGTERM, signal.SIGINT, REPLACE, *_hangup()) as signals:
            status = Watch(shared).run(signals)
    sys.exit(status)


def _hangup() -> tuple[signal.Signals, ...]:
    """A closed terminal ends what was begun there, but not what was begun with nohup."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return () if ignored else (signal.SIGHUP,)


class Watch:
    """The workers, from ``run`` until it returns the exit status."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        counters = shared.counters
        self._listening, self._pulse = counters.counter(LISTENING), counters.counter(PULSE)
        self._members: list[Member] = []
        self._to_replace: list[Member] = []
        self._successor: Member | None = None
        self._stopped_at: float | None = None
        self._status = 0
        self._has_listened = False
        self._delay_s, self._not_before = 0.0, 0.0
        self._looks, self._looked_at = 0, 0.0

    def run(self, signals: Signals) -> int:
        """Until all have ended."""
        self._begin()
        while self._members or self._stopped_at is None:
            ends = {one.process.sentinel: one for one in self._members}
            happened = wait([signals.fileno(), *ends], LOOK_S)
            for number in signals.heard():
                self._heed(number)
            for one in [one for end, one in ends.items() if end in happened]:
                one.process.join(LOOK_S)  # its end has begun
                if one.process.exitcode is not None:
                    self._bury(one)
            self._look()
        return self._status

    def _look(self) -> None:
        if self._stopped_at is not None:
            self._end_the_slow(self._stopped_at)
            return
        if time.monotonic() >= self._looked_at + LOOK_S:
            self._looked_at = time.monotonic()
            self._looks += 1
            for one in self._members:
                self._feel_pulse(one)
        self._has_listened = self._has_listened or self._listening.total > 0
        self._replace()
        # The first shows whether any can begin.
        wanted = self._shared.settings.workers if self._has_listened else 1
        while self._staying() < wanted and time.monotonic() >= self._not_before:
            self._begin()

    def _staying(self) -> int:
        return sum(not one.is_leaving for one in self._members)

    def _begin(self) -> Member:
        taken = {one.number for one in self._members}
        number = next(n for n in range(self._shared.counters.columns) if n not in taken)
        member = Member.begun(self._shared, number, self._looks)
        self._members.append(member)
        logger.info("%s begins", member)
        return member

    def _bury(self, one: Member) -> None:
        """What it held is let go of; what it has counted stays."""
        self._members.remove(one)
        self._shared.counters.clear(one.number)
        forget(self._shared.folder, one.number)
        if one.is_leaving or self._stopped_at is not None:
            logger.info("%s %s", one, one.end())
        elif not self._has_listened:
            logger.error("%s %s before it listened", one, one.end())
            self._stopped_at, self._status = time.monotonic(), one.process.exitcode or _NOT_STARTED
        else:
            self._mourn(one)

    def _mourn(self, one: Member) -> None:
        """Another is to come, later each time one dies soon."""
        if one is self._successor:
            self._to_replace, self._successor = [], None
            logger.error("%s %s: the other workers are not replaced", one, one.end())
            return
        if time.monotonic() - one.began > WELL_S:
            self._delay_s = 0.0
        logger.error("%s %s; another begins in %g s", one, one.end(), self._delay_s)
        self._not_before = time.monotonic() + self._delay_s
        self._delay_s = min(max(2 * self._delay_s, FIRST_DELAY_S), LONGEST_DELAY_S)

    def _feel_pulse(self, one: Member) -> None:
        """Counted in looks: where this process stood still, too, no worker is to blame."""
        pulse = self._pulse.of(one.number)
        if pulse != one.pulse or not self._listening.of(one.number):
            one.pulse, one.moved_at = pulse, self._looks
        elif (self._looks - one.moved_at) * LOOK_S >= STILL_S:
            logger.error("%s stands still and is ended", one)
            one.tell(signal.SIGKILL)
            one.moved_at = self._looks

    def _replace(self) -> None:
        """The next one's successor begins; once that listens, it goes itself."""
        self._to_replace = [one for one in self._to_replace if one in self._members]
        if not self._to_replace or any(one.is_leaving for one in self._members):
            return
        if self._successor is None:
            self._successor = self._begin()
        elif self._listening.of(self._successor.number):
            old, self._successor = self._to_replace.pop(0), None
            old.is_leaving = True
            old.tell(REPLACE)

    def _heed(self, number: signal.Signals) -> None:
        if number == REPLACE:
            logger.info("replacing %d workers, one after the other", self._staying())
            self._to_replace = [one for one in self._members if one is not self._successor]
        elif self._stopped_at is None:
            logger.info("stopping %d workers", len(self._members))
            self._stopped_at = time.monotonic()
            # A closed terminal is no reason to let requests fail.
            self._tell_all(signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)
        else:
            logger.warning("ended at once, by a second signal")
            self._status = 128 + number
            self._tell_all(signal.SIGKILL)

    def _end_the_slow(self, since: float) -> None:
        settings = self._shared.settings
        if time.monotonic() > since + settings.drain_s + settings.shutdown_grace_s + _STOP_MARGIN_S:
            logger.warning("%d workers do not end and are ended", len(self._members))
            self._tell_all(signal.SIGKILL)

    def _tell_all(self, number: signal.Signals) -> None:
        for one in self._members:
            one.tell(number)
