"""Training rows, made with the engine's Python and the real base model's tokenizer."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.pull.pull import pull
from service.ner.types import Label
from tests.conftest import BASE
from tests.engine.real_engine import ROOT, home

# Those of rendered.py.
LABELS = (Label("company", "公司"), Label("name", "姓名"))


@dataclass(frozen=True)
class Row:
    """A training row: its ids, how many of them are given, its prompt; and the engine's prompt."""

    ids: list[int]
    given: int
    prompt: str
    engine: str


def row_of(asked: dict[str, Any], text: str, python: Path) -> Row:
    """The row of ``text``, beside a request for it."""
    base = pull(BASE, home(), python).path
    given = {
        "text": text,
        "messages": asked["messages"],
        "arguments": asked["chat_template_kwargs"],
    }
    run = subprocess.run(
        [python, ROOT / "tests" / "model" / "rendered.py", base],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return Row(**json.loads(run.stdout))
