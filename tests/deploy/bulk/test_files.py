"""Where `nerve extract --out` and `nerve convert` write."""

from pathlib import Path

import pytest

from tests.conftest import Gateway
from tests.deploy.bulk.cases import NAME, nerve
from tests.deploy.commands.test_cli import nerve as any_nerve


@pytest.mark.parametrize("name", ["o.jsonl", "o.csv", "o.brat"])
def test_a_folder_that_is_not_there_is_named(gateway: Gateway, tmp_path: Path, name: str) -> None:
    """And not a file that is only ours; nobody is asked."""
    out = tmp_path / "no" / name
    shown = nerve("-", "--out", str(out), "--url", gateway.url, stdin=f"{NAME}\n")
    assert shown.exit_code == 1
    assert f"--out has '{out}', and {out.parent} is no folder; expected one" in shown.stderr
    assert gateway.engine.asked == []


def test_convert_names_it_too(tmp_path: Path) -> None:
    """Of every format that is one file."""
    (tmp_path / "rows.jsonl").write_text("")
    out = tmp_path / "no" / "o.csv"
    shown = any_nerve("convert", str(tmp_path / "rows.jsonl"), "--out", str(out))
    assert shown.exit_code == 1
    assert f"{out.parent} is no folder" in shown.stderr
