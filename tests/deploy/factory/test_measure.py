"""A measurement on a terminal: words of people stand as they are, and the report is kept."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from deploy.factory.measure import show_comparison, show_report
from deploy.terminal.show_data import show_written
from tests.adapters.measuring.reports import HALF, measured
from tests.conftest import BASE, Gateway
from tests.deploy.commands.test_cli import nerve
from tests.support.fake_engine import completes

ODD = ("[/org]", "[org]", "[bold]", ":cat:", "a\\[b]")


@pytest.fixture
def odd(tmp_path: Path) -> str:
    """Rows with labels that a terminal's library has a meaning for."""
    entities = [{"label": label, "start": 0, "end": 3} for label in ODD]
    file = tmp_path / "[rows].jsonl"
    file.write_text(json.dumps({"text": "Ada", "entities": entities}) + "\n", encoding="utf-8")
    return str(file)


def test_labels_are_no_markup(gateway: Gateway, odd: str, tmp_path: Path) -> None:
    """Nor are the names of rows and files."""
    gateway.engine.script = completes("[]")
    labels = [word for label in ODD for word in ("--label", label)]
    asked = ("adapter", "evaluate", odd, "--url", gateway.url, "--model", BASE, *labels)
    out = tmp_path / "[/out]" / "report.json"
    for split in ((), ("--split", "[/split]")):
        shown = nerve(*asked, "--out", str(out), *split)
        assert shown.exit_code == 0, shown.output
        assert all(f"│ {label} " in shown.stdout for label in ODD)
    assert f"{BASE}, [/split], grounded" in shown.stdout
    counted = nerve("adapter", "data", odd)
    assert all(f"│ {label} " in counted.stdout for label in ODD)


def test_a_report_is_written_before_it_is_shown(
    gateway: Gateway, odd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour's work is not lost for a terminal; nor for a disk, without a look at it."""
    gateway.engine.script = completes("[]")
    out = tmp_path / "report.json"
    asked = ("adapter", "evaluate", odd, "--url", gateway.url, "--model", BASE, "--label", "[org]")
    nowhere = nerve(*asked, "--out", str(Path(odd) / "report.json"))
    assert nowhere.exit_code == 1
    assert "micro F1 0.0000" in nowhere.stdout

    def broken(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("deploy.factory.measure.show_report", broken)
    assert nerve(*asked, "--out", str(out)).exit_code == 1
    assert json.loads(out.read_text(encoding="utf-8"))["labels"] == ["[org]"]


def test_names_are_no_markup() -> None:
    """Of models, of files; wherever they are shown."""
    console = Console(width=100, record=True, file=io.StringIO())
    found = {**measured("[/model]", HALF), "split": "[/split]"}
    show_report(console, found)
    show_comparison(console, HALF, measured("[old]", HALF, HALF), measured("[b]", HALF, HALF), 1)
    show_written(console, Path("[/rows].jsonl"), 1, 1)
    shown = console.export_text()
    for words in ("[/model], [/split], grounded", "old: [old], new: [b],", "to [/rows].jsonl"):
        assert words in shown
