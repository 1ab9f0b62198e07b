"""Of samples, the benchmark's figures: medians, spread, and nothing where nothing was answered."""

from typing import Any

from deploy.bench.gateways.growth import exponent
from deploy.bench.report import gateway_text
from deploy.bench.summary import rows


def sample(contender: str, number: int, requests: int, p50: int) -> dict[str, Any]:
    """One round of 2 s at 8 connections."""
    return {
        "contender": contender,
        "mode": "whole",
        "connections": 8,
        "round": number,
        "requests": requests,
        "requests_per_s": requests / 2,
        "p50_us": p50,
        "p99_us": 2 * p50,
        "cpu_us": 5.0 * p50,
        "failed": 0,
    }


SAMPLES = [
    *(sample("direct", number, 9_000, 100 + number) for number in range(3)),
    *(sample("nerve", number, 900 - 100 * number, 500 + 10 * number) for number in range(3)),
    *(sample("stuck", number, 0, 0) for number in range(3)),
]


def test_a_figure_is_the_rounds_median_less_the_same_rounds_direct() -> None:
    """Added latency is not the difference of two medians."""
    nerve = next(row for row in rows(SAMPLES) if row["contender"] == "nerve")
    assert nerve["requests_per_s"] == {"median": 400, "low": 350, "high": 450}
    assert nerve["added_p50_us"] == {"median": 409, "low": 400, "high": 418}
    assert not nerve["bound_by_engine"]


def test_an_engine_too_slow_for_a_contender_is_told() -> None:
    """Three times is the least."""
    quick = [sample("quick", number, 4_000, 150) for number in range(3)]
    found = {row["contender"]: row["bound_by_engine"] for row in rows([*SAMPLES, *quick])}
    assert found == {"direct": False, "nerve": False, "stuck": False, "quick": True}


def test_what_answered_nothing_has_no_latency() -> None:
    """A latency of 0 less that of the engine would look like a gain."""
    found = {
        "date": "2026-01-01",
        "machine": {},
        "versions": {},
        "plan": {"rounds": 3, "seconds": 2},
        "rows": rows(SAMPLES),
    }
    assert "| 8 | stuck | 0 (0–0) | – | – | – | 0 |" in gateway_text(found).splitlines()


def test_twice_the_time_for_twice_the_size_is_linear() -> None:
    """Between the last two sizes; what comes before has fixed costs in it."""
    sizes = [{"size": 1, "cpu_ms": 9.0}, {"size": 10, "cpu_ms": 20.0}, {"size": 20, "cpu_ms": 40.0}]
    assert round(exponent(sizes), 6) == 1
