"""``python -m deploy.bench growth``: the gateway's time and memory against what it is given.

In front of the scripted engine, so that only the gateway grows. Of each size its exponent is told:
1 is linear.
"""

import json
import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.bench.gateways.adapters import NAME, label_set, write_adapter, write_default
from deploy.bench.gateways.contenders import EXTRACT, gateway
from deploy.bench.gateways.engine import SENTENCE, check_tools, scripted_engine
from deploy.bench.gateways.load import post
from deploy.bench.machine import machine, versions
from deploy.bench.options import REPORTS, NoPicture, Out
from deploy.bench.processes import Cores
from deploy.bench.report import draw, head, keep, today
from deploy.commands.options import HOME, Home

SERIES = {
    "text": "text, kB",
    "labels": "labels of the adapter",
    "adapters": "adapters registered",
    "concurrency": "requests at a time",
}
_KB = (1, 10, 100, 900)
_LABELS = (1, 4, 16, 64, 256)
_ADAPTERS = (1, 8, 50)
_CONCURRENCY = (1, 4, 16, 64, 256)

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """A gateway of its own with these adapters, asked for one of them with this text."""

    series: str
    size: int
    text: str = SENTENCE
    labels: int = 3
    adapters: int = 1
    connections: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """``ms`` from a request to its answer, ``cpu_ms`` of processor for one request."""

    size: int
    ms: float
    cpu_ms: float
    resident_mib: float
    failed: int


def cases(small: bool = False) -> list[Case]:
    """All of them, or for a look whether it works the smallest two of each series."""
    last = 2 if small else None
    per_kb = 1000 // len(SENTENCE.encode())
    return [
        *(Case("text", size, text=SENTENCE * (per_kb * size)) for size in _KB[:last]),
        *(Case("labels", size, labels=size) for size in _LABELS[:last]),
        *(Case("adapters", size, adapters=size) for size in _ADAPTERS[:last]),
        *(Case("concurrency", size, connections=size) for size in _CONCURRENCY[:last]),
    ]


def measure(found: Sequence[Case], seconds: int, tell: Tell) -> dict[str, list[dict[str, Any]]]:
    """Rows by series; raises BenchError."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SERIES}
    for case in found:
        with tempfile.TemporaryDirectory(prefix="nerve-bench-") as work:
            row = _row(case, Path(work), seconds)
        rows[case.series].append(asdict(row))
        tell(f"{case.series} {case.size}: {row.cpu_ms:.2f} ms, {row.resident_mib:.0f} MiB")
    return rows


def exponent(rows: Sequence[dict[str, Any]], quantity: str = "cpu_ms") -> float:
    """Of the growth between the two largest sizes, where fixed costs weigh least."""
    before, last = rows[-2], rows[-1]
    steps = math.log(last["size"] / before["size"])
    return math.log(max(last[quantity], 1e-9) / max(before[quantity], 1e-9)) / steps


def _row(case: Case, work: Path, seconds: int) -> Row:
    cores, folder = Cores.found(), work / "adapters"
    names = [NAME, *(f"{NAME}-{number}" for number in range(1, case.adapters))]
    engine_names = [write_adapter(folder, name, label_set(case.labels)) for name in names]
    write_default(folder, NAME)
    body = work / "body.json"
    body.write_text(json.dumps({"text": case.text}, ensure_ascii=False), encoding="utf-8")
    with (
        scripted_engine(work / "engine", cores.engine, engine_names) as (engine_url, _),
        gateway(engine_url, work, cores.contender) as (url, process),
    ):
        post(url + EXTRACT, body, case.connections, 1, cores.load)
        before = process.cpu_s()
        load = post(url + EXTRACT, body, case.connections, seconds, cores.load)
        done = max(load.requests, 1)
        cpu = (process.cpu_s() - before) * 1000 / done
        return Row(case.size, load.mean_us / 1000, cpu, process.resident_mib(), load.failed)


def growth(
    seconds: Annotated[int, typer.Option(min=1, help="of each size")] = 5,
    small: Annotated[bool, typer.Option("--small", help="the smallest sizes only")] = False,
    out: Out = REPORTS,
    home: Home = HOME,
    picture: NoPicture = True,
) -> None:
    """The gateway's time and memory against text, labels, adapters and concurrency."""
    check_tools()
    about = {"kind": "growth", "date": today(), "machine": machine(), "versions": versions(None)}
    rows = measure(cases(small), seconds, typer.echo)
    exponents = {name: exponent(found) for name, found in rows.items()}
    result = {**about, "series": SERIES, "rows": rows, "exponents": exponents}
    text = growth_text(result)
    kept, _ = keep(result, "growth", text, out)
    if picture:
        draw(kept, home)
    typer.echo(text)


def growth_text(found: dict[str, Any]) -> str:
    """The report for people."""
    lines = head("Growth of the gateway", found)
    lines += ["Exponent: of the processor's time between the last two sizes; 1 is linear.", ""]
    for name, unit in found["series"].items():
        lines += [
            f"## {name.capitalize()}, exponent {found['exponents'][name]:.2f}",
            "",
            f"| {unit} | ms a request | processor ms a request | memory, MiB | failed |",
            "|---|---|---|---|---|",
        ]
        for row in found["rows"][name]:
            lines.append(
                f"| {row['size']} | {row['ms']:.2f} | {row['cpu_ms']:.2f} "
                f"| {row['resident_mib']:.0f} | {row['failed']} |"
            )
        lines.append("")
    return "\n".join(lines)
