"""A worker as the process that watches over it sees it."""

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess

from deploy.gateway.worker import Shared, work


@dataclass(slots=True, eq=False)
class Member:
    """``number`` is its column among the counters; ``moved_at`` the look at which its ``pulse``
    was seen to move last; one that ``is_leaving`` has been told to."""

    process: ForkProcess
    number: int
    moved_at: int
    pulse: int = 0
    is_leaving: bool = False
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def begun(cls, shared: Shared, number: int, look: int) -> "Member":
        """A new process: a copy of this one, so it shares what was imported, and begins at once."""
        process = multiprocessing.get_context("fork").Process(
            target=work, args=(shared, number), daemon=True
        )
        process.start()
        return cls(process, number, look)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if it is still there."""
        pid = self.process.pid
        if pid and self.process.exitcode is None:  # later the number may be another's
            os.kill(pid, number)

    def end(self) -> str:
        """How it has ended, in words."""
        status = self.process.exitcode or 0
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    def __str__(self) -> str:
        return f"worker {self.number} (pid {self.process.pid})"
