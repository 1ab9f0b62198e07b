"""schemathesis on the gateway's OpenAPI document."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.tools import ROOT

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
# Without a key the method does not matter: 401 comes first.
WITH_A_KEY = "unsupported_method"
CONFIG = Path(__file__).with_name("schemathesis.toml")


@dataclass(frozen=True)
class Probed:
    """Requests sent, operations tested, and each failure in a line."""

    requests: int
    operations: int
    failures: list[str]
    output: str


def probe(url: str, folder: Path, examples: int, seed: int, key: str | None) -> Probed:
    """Every operation of the document, with valid and invalid requests, with a key or none."""
    command: list[str | Path] = [Path(sys.executable).with_name("st")]
    command += ["--config-file", CONFIG, "run", f"{url}/openapi.json"]
    checks = CHECKS if key is None else (*CHECKS, WITH_A_KEY)
    options: list[str | int | Path] = [
        "--checks",
        ",".join(checks),
        "--max-examples",
        examples,
        "--seed",
        seed,
    ]
    options += ["--continue-on-failure", "--warnings", "off", "--no-color"]
    options += ["--report", "json", "--report-json-path", folder / "schemathesis.json"]
    if key is not None:
        options += ["--header", f"authorization: Bearer {key}"]
    done = subprocess.run(
        [str(word) for word in (*command, *options)],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    report = json.loads((folder / "schemathesis.json").read_text(encoding="utf-8"))
    return _read(report, done.stdout, done.returncode)


def _read(report: dict[str, Any], output: str, status: int) -> Probed:
    failures = [
        f"{one['title']}: {', '.join(one['operations'])} ({one['count']})"
        for one in report["failures"]
    ]
    # What went wrong without a failed check: a request that could not be made, a run cut short.
    if status and not failures:
        failures.append(f"status {status}: {output[-2000:]}")
    cases, operations = report["test_cases"], report["operations"]
    return Probed(cases["generated"], operations["tested"], failures, output)
