"""What a recipe makes of a file of rows."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from adapters import recipe
from adapters.data.readers import DataError
from adapters.mixing.rows import load
from tests.adapters.mixing.open_sources import folder
from tests.adapters.mixing.test_packs import SOURCES

ROWS = [{"text": f"浙商银行{n}号", "label": {"company": {"浙商银行": [[0, 3]]}}} for n in range(30)]
OWN = Path(__file__).parents[1] / "recipe.toml"


@pytest.mark.parametrize(("rows", "held_out"), [(30, 500), (30, 30), (0, 0), (0, 500)])
def test_a_row_has_to_be_left_to_train_on(rows: int, held_out: int, tmp_path: Path) -> None:
    """No step would be done, and the weights be those that training begins with."""
    plan = recipe.load(OWN)
    plan = replace(plan, data=replace(plan.data, held_out=held_out))
    file = tmp_path / "rows.json"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS[:rows]), encoding="utf-8")
    with pytest.raises(
        DataError, match=rf"rows\.json: {rows} rows, of which .* {held_out}; none is"
    ):
        load(plan, file, "cluener", skip_bad=False)


def test_one_row_is_enough(tmp_path: Path) -> None:
    """For a step."""
    plan = recipe.load(OWN)
    plan = replace(plan, data=replace(plan.data, held_out=29))
    file = tmp_path / "rows.json"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    assert load(plan, file, "cluener", skip_bad=False).training


def test_rows_are_read_as_they_are_told_to_be(tmp_path: Path) -> None:
    """Bytes do not tell every encoding."""
    plan = recipe.load(OWN)
    plan = replace(plan, data=replace(plan.data, held_out=0))
    file = tmp_path / "rows.json"
    content = "".join(json.dumps(row) + "\n" for row in (*ROWS, {}))
    file.write_text(content, encoding="cp500")
    found = load(plan, file, "cluener", skip_bad=True, encoding="cp500")
    assert (len(found.examples), found.bad) == (len(ROWS), 1)
    assert found.places["浙商银行3号"] == f"{file}:4"


def test_a_source_has_to_have_one(tmp_path: Path) -> None:
    """Each of them: the recipe wants its rows."""
    file = tmp_path / "recipe.toml"
    file.write_text(OWN.read_text(encoding="utf-8") + SOURCES, encoding="utf-8")
    plan = recipe.load(file)
    with pytest.raises(DataError, match=r"news\.jsonl: 40 rows, of which .* 500; none is left"):
        load(plan, folder(tmp_path / "data"), "auto", skip_bad=False)
