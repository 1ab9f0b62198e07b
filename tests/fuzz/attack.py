"""`make attack`: hostile schemas and grammars through the gateway to a real vLLM with a tiny model.

The engine has to be alive at the end, the same process, and no larger than it was by much.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2

from deploy.engine import environment
from service.app import create_app
from service.settings import Settings
from tests.engine.real_engine import BASE, RealEngine, home, new_engine, tiny_model
from tests.fuzz.grammars import Hostile, hostile
from tests.support.serving import serving
from tests.support.waiting import until

_AT_ONCE = 4
_JSON = {"content-type": "application/json"}
_FINE = {"response_format": {"type": "json_object"}}


@dataclass
class Attacked:
    """What came back: statuses, the slowest answer in seconds, and what should not have been."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest_s: float = 0.0
    refused_by_us: int = 0
    faults: list[str] = field(default_factory=list)


def attack(engine: RealEngine, seed: int, count: int, skip: int = 0) -> Attacked:
    """Send ``count`` of the seed's inputs; the engine is running."""
    settings = Settings(
        engine_url=engine.url,
        base_model=BASE,
        adapters=engine.adapters,
        store=engine.store,
        probe_interval_s=0.5,
        deadline_s=30,
    )
    found, process = Attacked(), engine.process
    with (
        serving(create_app(settings)) as url,
        httpx2.Client(base_url=url, headers=_JSON, timeout=120, trust_env=False) as client,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        until(lambda: client.get("/ready").status_code == 200, 120)
        inputs = itertools.islice(hostile(seed), skip, skip + count)
        for _ in pool.map(lambda one: _send(client, one, found), inputs):
            pass
        answer = client.post("/v1/chat/completions", content=_body(_FINE))
        if answer.status_code != 200:
            found.faults.append(f"a plain request afterwards: {answer.text[:300]}")
    if not engine.alive or engine.process is not process:
        found.faults.append("the engine ended")
    return found


def _send(client: httpx2.Client, one: Hostile, found: Attacked) -> None:
    kind, value = one
    started = time.monotonic()
    try:
        answer = client.post(
            "/v1/chat/completions", content=_body({"structured_outputs": {kind: value}})
        )
    except httpx2.TransportError as exc:
        found.faults.append(f"{type(exc).__name__} for {kind} {json.dumps(value)[:200]}")
        return
    found.slowest_s = max(found.slowest_s, time.monotonic() - started)
    found.statuses[answer.status_code] += 1
    found.refused_by_us += _is_ours(answer)
    if answer.status_code >= 500:
        found.faults.append(
            f"{answer.status_code} {answer.text[:200]} for {kind} {json.dumps(value)[:300]}"
        )


def _is_ours(answer: httpx2.Response) -> bool:
    """Was it refused before the engine saw it?"""
    if answer.status_code != HTTPStatus.BAD_REQUEST:
        return False
    return not str(answer.json()["error"]["code"]).startswith("engine_")


def _body(fields: dict[str, Any]) -> bytes:
    message = {"role": "user", "content": "甲"}
    return json.dumps({"messages": [message], "model": BASE, "max_tokens": 4, **fields}).encode()


def memory_mib(engine: RealEngine) -> float:
    """Resident, of all processes of the engine's session."""
    assert engine.process is not None
    pages = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
                if session == engine.process.pid:
                    pages += int((folder / "statm").read_text().split()[1])
            except (OSError, ValueError):
                continue
    return pages * 4096 / 2**20


def main() -> None:
    """The report as JSON; status 1 where there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.attack", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same inputs")
    parser.add_argument("--inputs", type=int, default=10_000, help="how many")
    options = parser.parse_args()
    python = environment.ensure(home())
    with tempfile.TemporaryDirectory() as folder:
        engine = new_engine(python, tiny_model(python), Path(folder))
        engine.start()
        try:
            before, began = memory_mib(engine), time.monotonic()
            found = attack(engine, options.seed, options.inputs)
            report = {
                "seed": options.seed,
                "inputs": options.inputs,
                "seconds": round(time.monotonic() - began),
                "statuses": dict(sorted(found.statuses.items())),
                "refused by the gateway": found.refused_by_us,
                "slowest answer, s": round(found.slowest_s, 2),
                "engine's memory, MiB": f"{before:.0f} → {memory_mib(engine):.0f}",
                "faults": found.faults[:40],
            }
        finally:
            engine.stop()
    print(json.dumps(report, ensure_ascii=False, indent=1))
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
