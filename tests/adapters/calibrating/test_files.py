"""A calibration beside an adapter: manifest, card and pictures."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.calibrating.files import put, with_tables
from adapters.calibrating.sentences import CalibrateError
from adapters.registering.card import pictures_of
from service.models.decoding import UNCHANGED, Decoding
from service.models.manifest import load
from tests.support.adapter_folders import put_adapter

FOUND: dict[str, Any] = {
    "parameters": [0.8, 0.6, -0.2],
    "sentences": 500,
    "entities": 700,
    "ece_before": 0.21,
    "ece_after": 0.02,
    "min_score": 0.37,
    "f1": 0.8,
    "f1_before": 0.75,
    "curve": [],
}


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """A folder with the pictures of two constraints."""
    folder = tmp_path / "drawn"
    folder.mkdir()
    for constraint in ("grounded", "schema"):
        for picture in pictures_of(constraint):
            (folder / picture).write_text(picture)
    return folder


def test_everything_else_stays_as_it_was_written(tmp_path: Path, drawn: Path) -> None:
    """Comments and spaces too; a second calibration replaces the first of its constraint."""
    folder = put_adapter(tmp_path, "mine")
    path = folder / "adapter.toml"
    before = "# by hand\n" + path.read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    put(load(folder), "schema", FOUND, "rows", drawn)
    put(load(folder), "grounded", FOUND, "rows", drawn)
    adapter = put(load(folder), "schema", {**FOUND, "ece_after": 0.01}, "others", drawn)
    assert path.read_text(encoding="utf-8").startswith(before)
    found = {one.constraint: one for one in adapter.calibrations}
    assert (found["grounded"].split, found["schema"].split) == ("rows", "others")
    assert (found["schema"].ece_after, found["schema"].min_score) == (0.01, 0.37)
    assert found["grounded"].parameters == (0.8, 0.6, -0.2)
    assert all((folder / picture).read_text() == picture for picture in pictures_of("schema"))
    assert not list(folder.glob("*.part"))


def test_weights_that_were_replaced_meanwhile_get_no_calibration(
    tmp_path: Path, drawn: Path
) -> None:
    """It was fitted on what the others said."""
    folder = put_adapter(tmp_path, "mine")
    asked = replace(load(folder), sha256="0" * 64)
    before = (folder / "adapter.toml").read_bytes()
    with pytest.raises(CalibrateError, match="00000000 were asked: calibrate once more"):
        put(asked, "grounded", FOUND, "rows", drawn)
    assert (folder / "adapter.toml").read_bytes() == before


def test_the_card_has_a_section_for_each_constraint(tmp_path: Path, drawn: Path) -> None:
    """In the place of the one before; what stands around it stays."""
    folder = put_adapter(tmp_path, "mine")
    card = folder / "README.md"
    card.write_text("# mine\n\n## dev\n\nfigures\n", encoding="utf-8")
    put(load(folder), "grounded", FOUND, "rows", drawn)
    put(load(folder), "schema", FOUND, "rows", drawn)
    put(load(folder), "grounded", {**FOUND, "min_score": 0.5}, "rows", drawn)
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# mine\n\n## dev\n\nfigures\n\n## Scores, constraint `grounded`\n")
    assert text.count("## Scores, constraint") == 2
    assert "**`min_score` 0.5** gives the best micro-F1" in text
    assert "| 0.2100 | 0.0200 |" in text
    assert "![reliability-schema](reliability-schema.png)" in text


def test_a_manifest_that_writes_it_otherwise_is_not_spoiled(tmp_path: Path) -> None:
    """An error with what to write, instead."""
    folder = put_adapter(tmp_path, "mine")
    path = folder / "adapter.toml"
    inline = 'calibration = {grounded = {method = "beta"}}\n' + path.read_text(encoding="utf-8")
    path.write_text(inline, encoding="utf-8")
    with pytest.raises(CalibrateError, match=r"\[calibration.grounded\] cannot be put in"):
        with_tables(path, {"calibration.grounded": {"method": "beta"}})
    assert path.read_text(encoding="utf-8") == inline


def test_the_table_is_toml(tmp_path: Path) -> None:
    """Whatever stands in a split's name."""
    path = put_adapter(tmp_path, "mine") / "adapter.toml"
    table = {"split": 'train "a"\n[x]\n\\', "parameters": [1e-7, 2.0, -3.5]}
    text = with_tables(path, {"calibration.none": table})
    assert tomllib.loads(text)["calibration"] == {"none": table}


def test_what_is_chosen_is_for_requests_that_do_not_say(tmp_path: Path, drawn: Path) -> None:
    """In a table of its own, which goes when nothing is chosen any more."""
    folder = put_adapter(tmp_path, "mine")
    chosen = {"end_bias": -0.5, "min_score": 0.24, "tried": [-0.5, 0.0], "gain": 0.01}
    adapter = put(load(folder), "grounded", {**FOUND, "chosen": chosen}, "rows", drawn)
    assert adapter.decoding == Decoding(end_bias=-0.5, min_score=0.24)
    table = tomllib.loads((folder / "adapter.toml").read_text("utf-8"))["calibration"]["grounded"]
    assert table["end_bias"] == -0.5
    assert put(adapter, "grounded", FOUND, "rows", drawn).decoding == adapter.decoding
    path = folder / "adapter.toml"
    plain = path.read_text("utf-8")
    path.write_text(plain.replace("[decoding]\n", '[decoding]\ntitles = ["name"]\n'), "utf-8")
    titled = put(adapter, "grounded", {**FOUND, "chosen": chosen}, "rows", drawn).decoding
    assert titled == Decoding(end_bias=-0.5, min_score=0.24, titles=("name",))
    path.write_text(plain, "utf-8")
    nothing = {**chosen, "end_bias": 0.0, "min_score": 0.0}
    adapter = put(adapter, "grounded", {**FOUND, "chosen": nothing}, "rows", drawn)
    assert adapter.decoding == UNCHANGED
    assert "[decoding]" not in (folder / "adapter.toml").read_text("utf-8")
