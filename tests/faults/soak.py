"""`make soak`: mixed load for minutes, a fault of the engine in each, and nothing lost or leaked.

python -m tests.faults.soak --minutes 30 --out report.json
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from deploy.bench.machine import machine
from tests.faults.engine_faults import ENGINE_FAULTS
from tests.faults.load import PATHS, Load
from tests.faults.stand import Stand, stand
from tests.support.waiting import until

SAMPLE_S = 5.0
SETTLES_S = 300.0
# Where it has not settled, in a run of a few minutes, memory may still grow somewhat.
GROWTH, GROWTH_AT_FIRST = 0.05, 0.25
_REQUESTS = "nerve_http_requests_total"


# Connections to the engine that the gateway's own looks at it keep alive: two looks a second, and
# each connection is closed when nobody took it for 4 s.
_KEPT = 10


@dataclass
class Soaked:
    """``memory``: MiB at each sample. ``settled`` and ``ended``: medians of a minute's samples
    after the first five minutes (or the first third), and at the end."""

    seconds: float = 0
    faults: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    files: tuple[int, int] = (0, 0)
    threads: tuple[int, int] = (0, 0)
    wrong: list[str] = field(default_factory=list)

    def growth(self) -> tuple[float, float]:
        """Memory when it had settled, and at the end."""
        minute = max(1, min(round(60 / SAMPLE_S), len(self.memory) // 6))
        first = min(round(SETTLES_S / SAMPLE_S), len(self.memory) // 3)
        settled = statistics.median(self.memory[first : first + minute])
        return settled, statistics.median(self.memory[-minute:])


def soak(one: Stand, minutes: float, every_s: float, rate: float, seed: int) -> tuple[Soaked, Load]:
    """Load, faults and samples side by side; then all comes to rest and is counted."""
    soaked, load = Soaked(seconds=minutes * 60), Load(one.gateway.url, rate, seed)
    one.ask()
    counted = _counted(one)
    before = _files(one), _threads(one)
    ended = threading.Event()
    beside = [
        threading.Thread(target=_spoil, args=(one, soaked, every_s, ended)),
        threading.Thread(target=_sample, args=(one, soaked, ended)),
    ]
    for thread in beside:
        thread.start()
    try:
        asyncio.run(load.run(soaked.seconds))
    finally:
        ended.set()
        for thread in beside:
            thread.join(120)
    _rest(one, soaked, before)
    _account(soaked, load, Counter(_counted(one)) - Counter(counted))
    if "Traceback" in one.gateway.said():
        soaked.wrong.append("a traceback in the gateway's log")
    settled, at_end = soaked.growth()
    may_grow = GROWTH if soaked.seconds > 2 * SETTLES_S else GROWTH_AT_FIRST
    if at_end > settled * (1 + may_grow):
        soaked.wrong.append(f"memory grew from {settled:.1f} to {at_end:.1f} MiB")
    return soaked, load


def _spoil(one: Stand, soaked: Soaked, every_s: float, ended: threading.Event) -> None:
    """A fault for a sixth of the time, then well for the rest, until the end."""
    for fault in cycle(ENGINE_FAULTS):
        if ended.wait(every_s * 5 / 6):
            return
        fault.begin(one)
        ended.wait(every_s / 6)
        fault.end(one)
        soaked.faults[fault.name] += 1


def _sample(one: Stand, soaked: Soaked, ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_S):
        soaked.memory.append(one.gateway.memory_mib())


def _rest(one: Stand, soaked: Soaked, before: tuple[int, int]) -> None:
    """Callers have closed their connections; but for ``_KEPT``, those to the engine end in 4 s."""
    gauges = ("nerve_requests_in_flight", "nerve_engine_requests_in_flight")
    try:
        until(lambda: _files(one) <= before[0] + _KEPT, within_s=60)
        until(lambda: all(one.metric(gauge) == 0 for gauge in gauges), within_s=10)
    except AssertionError:
        soaked.wrong.append("files, connections or requests are left")
    soaked.files = before[0], _files(one)
    soaked.threads = before[1], _threads(one)
    if soaked.threads[1] > max(soaked.threads[0], 40):  # asyncio's pool has 32 at most
        soaked.wrong.append(f"threads grew: {soaked.threads}")


def _account(soaked: Soaked, load: Load, counted: Counter[tuple[str, str]]) -> None:
    """Every request sent is answered, and counted by the gateway with the same status."""
    tally = load.tally
    if tally.sent.total() != tally.answered():
        soaked.wrong.append(f"{tally.sent.total()} sent, {tally.answered()} answered")
    if counted != tally.statuses:
        soaked.wrong.append(f"the gateway counted {counted - tally.statuses} more and "
                            f"{tally.statuses - counted} less than callers were told")  # fmt: skip
    faults = [words for (_, words) in tally.told if "internal_error" in words or "rows of" in words]
    if faults or any(status == "broken" for _, status in tally.statuses):
        soaked.wrong.append(f"faults of the gateway: {faults} {dict(tally.statuses)}")


def _counted(one: Stand) -> dict[tuple[str, str], int]:
    """The gateway's own count of requests, by route and status."""
    found: Counter[tuple[str, str]] = Counter()
    for line in one.client.get("/metrics").text.splitlines():
        if line.startswith(_REQUESTS + "{"):
            labels, value = line[len(_REQUESTS) + 1 :].split("} ")
            told = dict(pair.split("=", 1) for pair in labels.replace('"', "").split(","))
            if told["route"] in PATHS.values():
                found[told["route"], told["status"]] += int(float(value))
    return found


def _files(one: Stand) -> int:
    return len(list(Path(f"/proc/{one.gateway.process.pid}/fd").iterdir()))


def _threads(one: Stand) -> int:
    return len(list(Path(f"/proc/{one.gateway.process.pid}/task").iterdir()))


def report(soaked: Soaked, load: Load, command: str) -> dict[str, Any]:
    """What is kept of a run."""
    settled, at_end = soaked.growth()
    tally = load.tally
    return {
        "command": command,
        "machine": machine(),
        "minutes": soaked.seconds / 60,
        "faults": dict(soaked.faults),
        "sent": tally.sent.total(),
        "answered": tally.answered(),
        "statuses": {f"{path} {status}": n for (path, status), n in sorted(tally.statuses.items())},
        "told": {f"{kind}: {words}": n for (kind, words), n in sorted(tally.told.items())},
        "memory, MiB": {"at first": soaked.memory[0], "settled": settled, "at the end": at_end},
        "growth, %": round((at_end / settled - 1) * 100, 2),
        "open files before and after": soaked.files,
        "threads before and after": soaked.threads,
        "wrong": soaked.wrong,
    }


def main() -> None:
    """Ends with status 1 where something was lost, leaked or miscounted."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=60, help="seconds from fault to fault")
    parser.add_argument("--rate", type=float, default=10, help="requests a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a file for the report")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        stand(Path(folder), deadline_s=5, probe_interval_s=1) as one,
    ):
        soaked, load = soak(one, given.minutes, given.every, given.rate, given.seed)
    command = (
        f"make soak MINUTES={given.minutes:g}  # --every {given.every:g} --rate {given.rate:g}"
    )
    text = json.dumps(report(soaked, load, command), ensure_ascii=False, indent=1)
    print(text)
    if given.out:
        given.out.write_text(f"{text}\n", encoding="utf-8")
    sys.exit(bool(soaked.wrong))


if __name__ == "__main__":
    main()
