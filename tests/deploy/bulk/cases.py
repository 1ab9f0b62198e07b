"""What the tests of `nerve extract FILE` share."""

import json
import sys
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from deploy.commands.cli import app

NAME = "叶老桂"
COMMAND = [sys.executable, "-m", "deploy.commands.cli", "extract"]


def nerve(*arguments: str, stdin: str | bytes = "") -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ("extract", *arguments), input=stdin, env={"COLUMNS": "200"})


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of an output."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def failures(out: Path) -> list[dict[str, Any]]:
    """The rows that were given up."""
    return lines(out.with_name(out.name + ".failed.jsonl"))
