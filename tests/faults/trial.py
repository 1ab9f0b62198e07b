"""One fault: begun, asked through, mended, and the time until all is well again."""

import threading
import time
from dataclasses import dataclass

from tests.faults.engine_faults import ENGINE_FAULTS, Fault
from tests.faults.stand import Stand
from tests.support.waiting import until

ASKED = 6


@dataclass(frozen=True)
class Told:
    """A row of the table; seconds are the longest until an answer, and until the first good one
    after the fault was mended."""

    fault: str
    statuses: str
    seconds: float
    recovery_s: float | None
    wrong: str | None = None


def answered(stand: Stand) -> tuple[str, float]:
    """ "503 engine_unavailable", say, and the seconds that it took."""
    started = time.monotonic()
    status, error = stand.ask()
    words = [str(status), error.get("type"), error.get("code")]
    return " ".join(filter(None, words)), time.monotonic() - started


def recovery(stand: Stand, within_s: float = 60) -> float:
    """Seconds until a request is answered well, asking all the time."""
    started = time.monotonic()
    until(lambda: stand.ask()[0] == 200, within_s)
    return time.monotonic() - started


def trial(stand: Stand, fault: Fault, slack: float, asked_times: int = ASKED) -> Told:
    """``slack`` times the time that a caller should need is still right, on a busy machine."""
    fault.begin(stand)
    try:
        asked = [answered(stand) for _ in range(asked_times)]
        live = stand.gateway.status("/live")
    finally:
        fault.end(stand)
    recovered = recovery(stand)
    told = sorted({status for status, _ in asked})
    longest = max(seconds for _, seconds in asked)
    wrong = None
    if unexpected := [one for one in told if " ".join(one.split()[:2]) not in fault.expected]:
        wrong = f"callers were told {unexpected}"
    elif longest > fault.within_s * slack:
        wrong = f"a caller waited {longest:.1f} s, {fault.within_s:g} were expected"
    elif live != 200:
        wrong = f"/live was {live}"
    return Told(fault.name, ", ".join(told), longest, recovered, wrong)


def killed_in_flight(stand: Stand) -> Told:
    """The engine dies while a request is with it."""
    found: list[tuple[str, float]] = []
    stand.engine.freeze()
    caller = threading.Thread(target=lambda: found.append(answered(stand)))
    caller.start()
    until(lambda: stand.metric("nerve_engine_requests_in_flight") >= 1)
    stand.engine.kill()
    caller.join(60)
    stand.engine.start()
    status, seconds = found[0]
    wrong = None if status.startswith("503 engine_unavailable") else f"the caller was told {status}"
    return Told(
        "the engine: killed with a request in flight", status, seconds, recovery(stand), wrong
    )


def engine_trials(stand: Stand, slack: float = 1.0) -> list[Told]:
    """Every fault of the engine and of the network, on one gateway that lives through all."""
    told = [trial(stand, fault, slack) for fault in ENGINE_FAULTS]
    return [*told, killed_in_flight(stand)]
