"""Runs atheris on every decoder and the aligner, and measures growth on what it found."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import decoding
from tests.service.ner.format_cases import FRAGMENTS
from tests.service.ner.test_formats import COMPLETIONS
from tests.support.tools import ROOT

ATHERIS = "atheris==3.0.0"
_DONE = re.compile(r"^Done (\d+) runs", re.MULTILINE)
_COVERAGE = re.compile(r"cov: (\d+)")


@dataclass(frozen=True)
class Fuzzed:
    """Inputs tried, lines of code reached (libFuzzer's ``cov``), inputs that reached new code, and
    how many times as long ten times a completion takes at most."""

    format: str
    inputs: int
    coverage: int
    corpus: int
    growth: float
    fault: str | None


def environment(folder: Path) -> Path:
    """The Python of atheris' own environment, made once."""
    python = folder / "bin" / "python"
    if not (folder / ATHERIS).exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            ATHERIS,
        ]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
        (folder / ATHERIS).touch()  # last: what was not finished is made again
    return python


def fuzz(name: str, python: Path, work: Path, runs: int, seed: int) -> Fuzzed:
    """One format; its corpus stays in ``work``."""
    corpus = work / name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = _seeds(name)
    for number, data in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(data)
    dictionary = work / "dictionary"
    dictionary.write_text("\n".join(map(_quoted, FRAGMENTS)), encoding="ascii")
    options = [f"-runs={runs}", f"-seed={seed}", "-max_len=2000", "-timeout=10"]
    options += [f"-dict={dictionary}", f"-artifact_prefix={work}/fault-{name}-"]
    done = subprocess.run(
        [python, "-m", "tests.fuzz.guided", name, corpus, *options],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        errors="replace",
    )
    found = sorted(corpus.iterdir())
    tried = _DONE.search(done.stderr)
    return Fuzzed(
        name,
        int(tried[1]) if tried else 0,
        max(map(int, _COVERAGE.findall(done.stderr)), default=0),
        len(found) - len(seeds),
        max(decoding.growth(name, path.read_bytes()) for path in found),
        done.stderr[-2000:] if done.returncode else None,
    )


def _seeds(name: str) -> list[bytes]:
    """The rows of the decoder's own tests, each with a text that has its surfaces."""
    rows = [row for row in COMPLETIONS if row[0] == name]
    return [
        (chr(complete | 2) + completion + "\0" + "，".join(s for _, s in mentions)).encode()
        for _, completion, complete, mentions, _ in rows
    ]


def _quoted(fragment: str) -> str:
    """An entry of libFuzzer's dictionaries."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in fragment.encode()) + '"'
