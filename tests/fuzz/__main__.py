"""`make fuzz`: everything at length, into one report. Ends with status 1 where there is a fault."""

import argparse
import dataclasses
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.bench.machine import machine
from service.ner.formats import FORMATS
from tests.fuzz import answers, decoders, decoding, schema, sockets
from tests.fuzz.target import ADMIN_KEY, target
from tests.support.tools import ROOT

Section = dict[str, Any]


def main() -> None:
    """Each part in turn; the report has what was tried, what came back, and every fault."""
    options = _options()
    report: dict[str, Any] = {"command": f"make fuzz  # seed {options.seed}", "machine": machine()}
    faults: list[str] = []
    for part in (probe_document, send_hostile_bytes, answer_anything, guide_decoders):
        with tempfile.TemporaryDirectory() as folder:
            section, found = part(Path(folder), options)
        report[part.__name__] = section
        faults += found
        print(part.__name__, json.dumps(section, ensure_ascii=False), *found, sep="\n", flush=True)
    report["faults"] = faults
    text = json.dumps(report, ensure_ascii=False, indent=1)
    options.out.write_text(f"{text}\n", encoding="utf-8")
    sys.exit(bool(faults))


def probe_document(folder: Path, options: argparse.Namespace) -> tuple[Section, list[str]]:
    """schemathesis, with the admin key and, where keys are needed, without one."""
    section, faults = {}, []
    (folder / "keys.toml").write_text(f'[keys.x]\nsha256 = "{"0" * 64}"\nscopes = ["extract"]\n')
    runs: tuple[tuple[str, str | None, dict[str, Any]], ...] = (
        ("with the admin key", ADMIN_KEY, {}),
        ("without a key", None, {"api_keys_file": folder / "keys.toml"}),
    )
    for name, key, settings in runs:
        work = folder / name
        work.mkdir()
        with target(work, **settings) as one:
            probed = schema.probe(one.gateway.url, work, options.examples, options.seed, key)
            faults += [*probed.failures, *one.faults()]
        section[name] = {"operations": probed.operations, "requests": probed.requests}
    return section, faults


def send_hostile_bytes(folder: Path, options: argparse.Namespace) -> tuple[Section, list[str]]:
    """Over raw connections."""
    with target(folder) as one:
        before = one.gateway.memory_mib()
        sent = sockets.send_all(one.gateway.port, options.seed, options.inputs)
        faults = [*sent.faults, *one.faults()]
        memory = f"{before:.0f} → {one.gateway.memory_mib():.0f}"
    section = {
        "inputs": sent.kinds.total(),
        "by kind": dict(sent.kinds),
        "answers": dict(sorted(sent.statuses.items())),
        "gateway's memory, MiB": memory,
    }
    return section, faults


def answer_anything(folder: Path, options: argparse.Namespace) -> tuple[Section, list[str]]:
    """An engine whose every answer is something else."""
    engine = answers.AnyEngine(options.seed)
    with engine.serving() as url, target(folder, url, breaker_failures=0) as one:
        asked = answers.ask_all(one, engine, options.answers)
        faults = [*asked.faults, *one.faults()]
    section = {"answers": asked.statuses.total(), "statuses": dict(sorted(asked.statuses.items()))}
    return section, faults


def guide_decoders(folder: Path, options: argparse.Namespace) -> tuple[Section, list[str]]:
    """Every decoder with the aligner behind it."""
    python = decoders.environment(ROOT / ".nerve" / "fuzz-env")
    section, faults = {}, []
    for name in FORMATS:
        fuzzed = decoders.fuzz(name, python, folder, options.runs, options.seed)
        row = dataclasses.asdict(fuzzed)
        fault = row.pop("fault")
        section[row.pop("format")] = {**row, "growth": round(fuzzed.growth, 1)}
        if fault:
            faults.append(f"{name}: {fault}")
        if fuzzed.growth > decoding.FACTOR:
            faults.append(f"{name}: ten times the completion takes {fuzzed.growth:.0f} times")
    return section, faults


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=main.__doc__)
    add: Callable[..., Any] = parser.add_argument
    add("--seed", type=int, default=1, help="the same seed, the same inputs")
    add("--examples", type=int, default=100, help="schemathesis' examples for each operation")
    add("--inputs", type=int, default=12_000, help="hostile requests over raw connections")
    add("--answers", type=int, default=6_000, help="odd answers of the engine")
    add("--runs", type=int, default=200_000, help="inputs for each decoder")
    add("--out", type=Path, default=Path(__file__).with_name("report.json"), help="the report")
    return parser.parse_args()


if __name__ == "__main__":
    main()
