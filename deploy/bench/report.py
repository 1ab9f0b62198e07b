"""A measurement kept: JSON with everything, a table for people, a picture."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.bench.environment import bench_python
from deploy.bench.errors import BenchError
from deploy.bench.summary import Figure

_FIGURE = Path(__file__).with_name("figure.py")
_MODES = {"whole": "Whole answers", "stream": "Streamed answers"}


def keep(found: Mapping[str, Any], name: str, text: str, folder: Path) -> list[Path]:
    """Write ``name``.json and ``name``.md into ``folder``; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data, table = folder / f"{name}.json", folder / f"{name}.md"
    data.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    table.write_text(text, encoding="utf-8")
    return [data, table]


def draw(data: Path, home: Path) -> Path:
    """The picture beside a report, drawn in the benchmark's environment; raises BenchError."""
    picture = data.with_suffix(".png")
    command = [str(bench_python(home)), str(_FIGURE), str(data), str(picture)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"{picture.name} could not be drawn: {done.stderr.strip()[-500:]}")
    return picture


def today() -> str:
    """The date of a report."""
    return datetime.now(UTC).date().isoformat()


def head(title: str, found: Mapping[str, Any]) -> list[str]:
    """A report's first lines: what, when, on what, with which versions."""
    said = [f"{name} {value}" for name, value in found["machine"].items()]
    said += [f"{name} {value}" for name, value in found["versions"].items()]
    return [f"# {title}", "", f"{found['date']}. {', '.join(said)}.", ""]


def gateway_text(found: Mapping[str, Any]) -> str:
    """The report of a run of ``gateway``."""
    lines = head("Gateway overhead", found)
    plan = found["plan"]
    lines += [
        f"{plan['rounds']} rounds of {plan['seconds']} s each; median of the rounds (lowest–"
        "highest). Each contender alone on one core, one process; load and engine on others. "
        "Added: latency less that of the engine asked directly in the same round. Of a stream, "
        "latency is that of its last byte.",
        "",
    ]
    for mode, title in _MODES.items():
        rows = [row for row in found["rows"] if row["mode"] == mode]
        if rows:
            lines += [f"## {title}", "", *_table(rows), ""]
    bound = sorted({row["contender"] for row in found["rows"] if row["bound_by_engine"]})
    if bound:
        lines += [
            f"\\* The engine alone was less than 3 times as fast as {', '.join(bound)} here: "
            "read the figure as a lower bound.",
            "",
        ]
    return "\n".join(lines)


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [
        "| connections | contender | requests/s | added p50, ms | added p99, ms "
        "| processor µs a request | failed |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        added = ["–", "–"]
        if row["contender"] != "direct" and "added_p50_us" in row:
            added = [Figure(**row[f"added_{name}_us"]).shown(1e-3, 2) for name in ("p50", "p99")]
        cells = [
            str(row["connections"]),
            row["contender"],
            Figure(**row["requests_per_s"]).shown() + (" \\*" if row["bound_by_engine"] else ""),
            *added,
            Figure(**row["cpu_us"]).shown() if "cpu_us" in row else "–",
            str(row["failed"]),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines
