"""The training curve is that of the trainer's log."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.measuring import report
from deploy.report.page import page
from deploy.report.training import read_log
from tests.deploy.report.seen import Page


def test_the_training_curve_is_that_of_the_log(found: dict[str, Any], tmp_path: Path) -> None:
    """The last validation loss is named; a point for each."""
    log = tmp_path / "log.jsonl"
    rows = [{"step": step, "loss": 2.0 / step} for step in range(1, 101)]
    rows[49]["validation_loss"], rows[99]["validation_loss"] = 0.5, 0.25
    log.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    text = page(found, log=read_log(log))
    assert "the validation loss 0.2500 at step 100" in Page(text).text
    assert re.findall(r"<title>step (\d+): ([\d.]+)</title>", text) == [
        ("50", "0.5000"),
        ("100", "0.2500"),
    ]
    curves = [one for tag, one in Page(text).tags if one.get("class") == "faint"]
    points = str(curves[-1]["points"]).split()
    assert len(points) == 100
    assert float(points[0].split(",")[1]) < float(points[-1].split(",")[1]), "it falls"


@pytest.mark.parametrize("content", ["no JSON", '{"step": 1}\n', "[1]\n", '{"step": 1, "loss": 0}'])
def test_another_file_is_not_a_log(content: str, tmp_path: Path) -> None:
    """It is named."""
    log = tmp_path / "log.jsonl"
    log.write_text(content, encoding="utf-8")
    with pytest.raises(report.ReportError, match=str(log)):
        read_log(log)
