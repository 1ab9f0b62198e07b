"""What the tests of the factory share: a few labels, and the trainer's Python."""

import subprocess
from pathlib import Path

import pytest

from deploy.engine import environment
from service.ner.types import Label
from tests.engine.real_engine import ROOT, home, tiny_model

LABELS = (Label("company", "公司"), Label("name", "姓名"), Label("scene", "景点"))


@pytest.fixture(scope="session")
def trainer() -> Path:
    """The engine's Python with the trainer's packages on top."""
    python = environment.ensure(home())
    modules = "peft, matplotlib, pylopdf_fonts_zh_cn, sklearn"
    if subprocess.run([python, "-c", f"import {modules}"], check=False).returncode:
        listing = ROOT / "adapters" / "requirements.txt"
        subprocess.run([python, "-m", "pip", "install", "--no-deps", "-r", listing], check=True)
    return python


@pytest.fixture(scope="session")
def tiny_base(trainer: Path) -> Path:
    """The folder of a tiny base model with random weights."""
    return tiny_model(trainer) / "model"
