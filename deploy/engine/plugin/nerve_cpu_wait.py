"""vLLM plugin: who waits on the CPU back end sleeps, and leaves the processor to who computes.

vLLM's engine process and its worker hand each other messages through shared memory, and whoever
waits asks again and again for a second before it sleeps until it is notified. On a GPU machine
that saves microseconds a step. On the CPU the one that waits takes a core from the one that it
waits for: half the processor of a machine with two cores. Here it sleeps at once. A notification
can be lost (vLLM looks again after five seconds), so it looks again each millisecond, or less often
when there has been nothing to read for a while.
"""

import importlib
import logging
import time
from typing import Any

PLACE = "vllm.distributed.device_communicators.shm_broadcast"

_NAP_MS, _LONG_NAP_MS, _A_WHILE_S = 1, 20, 1.0

log = logging.getLogger("vllm.nerve_cpu_wait")


def register() -> None:
    """Called by vLLM in each of its processes, before they talk to each other."""
    from vllm.platforms import current_platform

    if current_platform.is_cpu():
        install(importlib.import_module(PLACE))


def install(place: Any) -> bool:
    """Make readers sleep at once; says whether this vLLM waits in the way that is known."""
    condition = getattr(place, "SpinCondition", None)
    if condition is None or "busy_loop_s" not in condition.__init__.__annotations__:
        log.warning("This vLLM waits in another way; how is left as it is.")
        return False
    wait = condition.wait

    def sleep(self: Any, timeout_ms: int | None = None) -> None:
        self.busy_loop_s = 0.0
        idle = time.monotonic() > self.last_read + _A_WHILE_S
        nap = _LONG_NAP_MS if idle else _NAP_MS
        wait(self, nap if timeout_ms is None else min(nap, timeout_ms))

    condition.wait = sleep
    log.info("Processes that wait for each other sleep.")
    return True
