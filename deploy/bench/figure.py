"""``figure.py REPORT PNG``: a report's picture. Run in the benchmark's environment, by itself."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Report = Mapping[str, Any]


def main(report: Path, picture: Path) -> None:
    """Draw what the report's ``kind`` asks for."""
    from matplotlib.figure import Figure  # type: ignore[import-not-found,unused-ignore]

    found = json.loads(report.read_text(encoding="utf-8"))
    figure = Figure(figsize=(11, 4.5 if found["kind"] != "growth" else 8), layout="tight")
    {"gateway": gateway, "documents": documents, "grounding": grounding, "growth": growth}[
        found["kind"]
    ](figure, found)
    figure.savefig(picture, dpi=120)


def gateway(figure: Any, found: Report) -> None:
    """Requests a second over connections, and the added latency of one connection."""
    rows = [row for row in found["rows"] if row["mode"] == "whole"]
    left = figure.add_subplot(121, xlabel="connections", ylabel="requests/s, one core")
    left.set_xscale("log", base=2)
    left.set_yscale("log")
    for name in found["contenders"]:
        _line(left, [row for row in rows if row["contender"] == name], "requests_per_s", name)
    left.legend()
    right = figure.add_subplot(122, xlabel="added latency p50, one request at a time, ms")
    fewest = min((row["connections"] for row in rows), default=1)
    alone = [
        row
        for row in rows
        if row["connections"] == fewest and row["contender"] != "direct" and "added_p50_us" in row
    ]
    right.barh(
        [row["contender"] for row in alone],
        [max(row["added_p50_us"]["median"], 0) / 1e3 for row in alone],
    )
    right.set_xscale("symlog", linthresh=0.1)


def _line(axes: Any, rows: Sequence[Mapping[str, Any]], quantity: str, name: str) -> None:
    places = [row["connections"] for row in rows]
    middle = [row[quantity]["median"] for row in rows]
    axes.plot(places, middle, "o-", label=name)
    axes.fill_between(
        places,
        [row[quantity]["low"] for row in rows],
        [row[quantity]["high"] for row in rows],
        alpha=0.2,
    )


def documents(figure: Any, found: Report) -> None:
    """Sentences a second and tokens a sentence of each set-up."""
    left = figure.add_subplot(121, xlabel="sentences/s")
    right = figure.add_subplot(122, xlabel="completion tokens a sentence")
    names = [f"{row['setup']}, {row['at_once']} at a time" for row in found["rows"]]
    left.barh(names, [row["sentences_per_s"]["median"] for row in found["rows"]])
    right.barh(names, [row["completion_tokens"] for row in found["rows"]])
    right.set_yticklabels([])


def grounding(figure: Any, found: Report) -> None:
    """Time of a request with the grammar over that without, by text length."""
    axes = figure.add_subplot(xlabel="text, kB", ylabel="time with grammar / without", xscale="log")
    for at_once in sorted({row["at_once"] for row in found["rows"]}):
        rows = [row for row in found["rows"] if row["at_once"] == at_once]
        places, ratios = [row["kb"] for row in rows], [row["ratio"]["median"] for row in rows]
        axes.plot(places, ratios, "o-", label=f"{at_once} at a time")
    axes.axhline(1, color="0.7")
    axes.legend()


def growth(figure: Any, found: Report) -> None:
    """Time and memory against each size, on logarithmic axes: a slope of 1 is linear."""
    series = list(found["series"])
    for place, name in enumerate(series, 1):
        rows = found["rows"][name]
        axes = figure.add_subplot(2, (len(series) + 1) // 2, place, xlabel=found["series"][name])
        axes.set_xscale("log")
        axes.set_yscale("log")
        sizes = [row["size"] for row in rows]
        axes.plot(sizes, [row["cpu_ms"] for row in rows], "o-", label="processor, ms a request")
        axes.plot(sizes, [row["ms"] for row in rows], "s-", label="time, ms a request")
        axes.plot(sizes, [row["resident_mib"] for row in rows], "^-", label="memory, MiB")
        axes.set_title(f"{name}: exponent {found['exponents'][name]:.2f}")
    figure.axes[0].legend()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
