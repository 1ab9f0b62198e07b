"""What the gateway adds to the time until the first byte of a stream."""

import time
from statistics import median
from typing import Any

import httpx2

from tests.engine.real_engine import RealEngine


def added_ms(engine: RealEngine, url: str, path: str, body: dict[str, Any], first: bytes) -> float:
    """Milliseconds more than from the engine, each asked in turn, so that both meet the same
    machine; printed for the record. ``first``: what the first byte is followed by."""
    asked = {**body, "stream": True}
    direct, through = [], []
    for _ in range(20):
        direct.append(_seconds(engine.url, path, {**asked, "model": engine.names["tiny-b"]}, first))
        through.append(_seconds(url, path, {**asked, "model": "tiny-b"}, first))
    added = (median(through) - median(direct)) * 1000
    print(
        f"first byte of {path}: {median(direct) * 1000:.2f} ms direct, "
        f"{median(through) * 1000:.2f} ms through the gateway, {added:+.2f} ms"
    )
    return added


def _seconds(url: str, path: str, body: dict[str, Any], first: bytes) -> float:
    with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:
        client.get("/metrics")  # connected
        started = time.perf_counter()
        with client.stream("POST", path, json=body) as response:
            assert next(response.iter_raw()).startswith(first)
            return time.perf_counter() - started
