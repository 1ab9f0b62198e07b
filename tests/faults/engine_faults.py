"""What may happen to the engine and to the way to it, and what a caller may then be told."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.link import Mode
from tests.faults.stand import DEADLINE_S, Stand

# Beyond it, whatever a caller is told comes too late.
SOON_S = 1.0


@dataclass(frozen=True)
class Fault:
    """``expected``: statuses and types that callers may get while it lasts, within ``within_s``."""

    name: str
    begin: Callable[[Stand], object]
    end: Callable[[Stand], object]
    expected: frozenset[str]
    within_s: float = SOON_S


DOWN, BROKEN = "503 engine_unavailable", "502 engine_error"
LATE, FINE = "504 engine_timeout", "200"


def _misbehaves(fault: str, *expected: str) -> Fault:
    return Fault(
        f"the engine: {fault}",
        lambda stand: stand.engine.misbehave(fault),
        lambda stand: stand.engine.misbehave(None),
        frozenset(expected),
    )


def _link(name: str, mode: Mode, *expected: str, within_s: float = SOON_S) -> Fault:
    def mend(stand: Stand) -> None:
        stand.link.mode = "well"

    def spoil(stand: Stand) -> None:
        stand.link.mode = mode

    return Fault(f"the network: {name}", spoil, mend, frozenset(expected), within_s)


ENGINE_FAULTS = (
    Fault(
        "the engine: killed, then started again",
        lambda stand: stand.engine.kill(),
        lambda stand: stand.engine.start(),
        frozenset({DOWN}),
    ),
    Fault(
        "the engine: frozen (SIGSTOP)",
        lambda stand: stand.engine.freeze(),
        lambda stand: stand.engine.thaw(),
        frozenset({LATE}),
        DEADLINE_S + SOON_S,
    ),
    _misbehaves("garbage", BROKEN),
    _misbehaves("half answers", DOWN),
    _misbehaves("status 500", BROKEN),
    _misbehaves("its core is dead", DOWN),
    _misbehaves("cut completions", FINE),
    _link("closes connections", "closes", DOWN),
    _link("cuts answers off", "cuts", DOWN),
    _link("0.3 s for every piece", "slow", FINE, within_s=DEADLINE_S),
    _link("swallows everything", "hole", LATE, within_s=DEADLINE_S + SOON_S),
)
