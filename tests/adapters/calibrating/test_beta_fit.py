"""The fit by scikit-learn, in the trainer's environment, and the pictures drawn there."""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adapters.calibrating.observed import save
from adapters.calibrating.sentences import Sentence
from service.models.calibration import beta
from tests.engine.real_engine import ROOT

pytestmark = pytest.mark.engine

PNG = b"\x89PNG\r\n"


def fitted(trainer: Path, pairs: list[tuple[float, bool]], folder: Path) -> dict[str, Any]:
    """What the stage finds."""
    save({None: [Sentence(1, (pair,)) for pair in pairs]}, folder / "observed.json")
    words: list[str | Path] = ["calibrate", folder / "observed.json", folder / "found.json", folder]
    subprocess.run([trainer, "-m", "adapters", *words], cwd=ROOT, check=True, timeout=300)
    found: dict[str, Any] = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    return found


def test_a_known_distortion_is_found_again(trainer: Path, tmp_path: Path) -> None:
    """Of scores that are too sure by a beta calibration, just that one; and the error goes."""
    drawn, known = random.Random(1), (0.6, 0.4, -0.5)
    scores = [drawn.random() for _ in range(20_000)]
    pairs = [(score, drawn.random() < beta(known, score)) for score in scores]
    found = fitted(trainer, pairs, tmp_path)
    assert found["parameters"] == pytest.approx(known, abs=0.08)
    assert found["ece_after"] < 0.02 < found["ece_before"]
    for picture in ("reliability-grounded.png", "precision-recall-grounded.png"):
        assert (tmp_path / picture).read_bytes().startswith(PNG)


def test_scores_that_mislead_become_one_confidence(trainer: Path, tmp_path: Path) -> None:
    """Where the surer ones are the wrong ones, nothing falls: all get the share that is right."""
    drawn = random.Random(2)
    scores = [drawn.random() for _ in range(2000)]
    pairs = [(score, drawn.random() > score) for score in scores]
    found = fitted(trainer, pairs, tmp_path)
    rise, fall, shift = found["parameters"]
    assert (rise, fall) == (0, 0)
    assert beta((rise, fall, shift), 0.9) == pytest.approx(0.5, abs=0.05)
