"""The pictures beside an adapter, drawn by the trainer's Python."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.engine.real_engine import ROOT

pytestmark = pytest.mark.engine

ROW = {"f1": 0.5}


@pytest.mark.parametrize(
    "labels", [("name", "scene"), ("方法", "数据集", "評価指標"), ("吗啡", "〇")]
)
def test_every_label_can_be_read(trainer: Path, tmp_path: Path, labels: tuple[str, ...]) -> None:
    """In Latin and in Chinese no character is drawn as a box: matplotlib warns of each."""
    found = {"labels": dict.fromkeys(labels, ROW), "micro": ROW, "macro": ROW}
    about = {
        "model": "适配器",
        "split": "测试",
        "constraint": "grounded",
        "date": "",
        "sentences": 0,
    }
    report = {**about, "text": found, "span": found, "predicted": []}
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    paths = (tmp_path / "report.json", tmp_path / "f1.png")
    command = [str(trainer), "-W", "error", "-m", "adapters", "label-figure", *map(str, paths)]
    drawn = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert drawn.returncode == 0, drawn.stderr
    assert paths[1].read_bytes().startswith(b"\x89PNG")
