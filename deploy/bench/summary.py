"""From samples to figures: the median of the rounds, and their spread."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

Samples = Sequence[Mapping[str, Any]]

# The engine alone must be this many times as fast as what is measured in front of it.
ENGINE_HEADROOM = 3.0


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of the rounds, the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """Of at least one value."""
        return cls(median(values), min(values), max(values))

    def shown(self, scale: float = 1.0, digits: int = 0) -> str:
        """Median, with the spread behind it."""
        spread = f"{self.low * scale:,.{digits}f}–{self.high * scale:,.{digits}f}"
        return f"{self.median * scale:,.{digits}f} ({spread})"


def rows(samples: Samples) -> list[dict[str, Any]]:
    """One a contender, mode and number of connections; added latency is against direct's in the
    same round. Figures are dictionaries of Figure's fields, latencies in microseconds; what never
    answered has its speed only."""
    keys = {(s["mode"], s["connections"], s["contender"]): None for s in samples}
    order = sorted(keys, key=lambda key: (key[0] != "whole", key[1]))
    return [_row(samples, *key) for key in order]


def _row(samples: Samples, mode: str, connections: int, contender: str) -> dict[str, Any]:
    own, direct = (_by_round(samples, (mode, connections, name)) for name in (contender, "direct"))
    speed = Figure.of([float(sample["requests_per_s"]) for sample in own.values()])
    figures = {"requests_per_s": speed}
    # In a round without an answer there is no latency, and no price of one.
    answered = {number: sample for number, sample in own.items() if sample["requests"]}
    for name in ("p50_us", "p99_us", "cpu_us") if answered else ():
        figures[name] = Figure.of([float(sample[name]) for sample in answered.values()])
    both = [number for number in answered if number in direct]
    for quantile in ("p50_us", "p99_us"):
        if both:
            added = [float(answered[at][quantile] - direct[at][quantile]) for at in both]
            figures[f"added_{quantile}"] = Figure.of(added)
    engine = [float(sample["requests_per_s"]) for sample in direct.values()]
    return {
        "mode": mode,
        "connections": connections,
        "contender": contender,
        **{name: asdict(figure) for name, figure in figures.items()},
        "failed": sum(sample["failed"] for sample in own.values()),
        "bound_by_engine": contender != "direct"
        and bool(engine)
        and median(engine) < ENGINE_HEADROOM * speed.median,
    }


def _by_round(samples: Samples, key: tuple[str, int, str]) -> dict[int, Mapping[str, Any]]:
    """Those of a mode, number of connections and contender."""
    return {
        sample["round"]: sample
        for sample in samples
        if (sample["mode"], sample["connections"], sample["contender"]) == key
    }
