"""Gold rows for a measurement: what a person asks for, out of whatever rows have."""

import json
from pathlib import Path

import pytest

from adapters.data.readers import DataError, read
from deploy.factory.gold import Wanted, gold_rows
from service.ner.types import Label
from service.settings import Settings


def spans(folder: Path, *rows: tuple[str, dict[str, tuple[int, int]]]) -> Path:
    """A file of kind spans: texts, and the place of each label in them."""
    made = [
        {"text": text, "entities": [{"label": label, "start": s, "end": e}
                                    for label, (s, e) in places.items()]}
        for text, places in rows
    ]  # fmt: skip
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")
    return file


def gold(
    folder: Path, file: Path, *asked: Label, model: str | None = None, **wanted: object
) -> list[list[str]]:
    """The labels of each row."""
    (folder / "adapters").mkdir(exist_ok=True)
    settings = Settings(adapters=folder / "adapters")
    found = gold_rows(
        *(settings, Wanted(file, **wanted), lambda _: None),  # type: ignore[arg-type]
        model=model,
        asked=asked,
    )
    return [[entity.label for entity in example.entities] for example in found]


def test_rows_are_measured_as_they_are_trained_on(tmp_path: Path) -> None:
    """Where a label is written as another one is called."""
    labels = (Label("person", "name"), Label("name", "product name"))
    file = spans(tmp_path, ("Ada's Nerve", {"person": (0, 3), "name": (6, 11)}))
    (trained,) = read(file, "auto", labels).examples
    assert gold(tmp_path, file, *labels) == [[entity.label for entity in trained.entities]]


MANIFEST = """
name = "tuned"
base = "Qwen2.5-Coder-1.5B-Instruct"
weights = "adapter_model.safetensors"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
rank = 64
prompt = "zh-lines-1"
format = "lines"
occurrences = "all"
max_chars = 256
labels = [{ name = "PER", written = "人物" }, { name = "ORG", written = "组织" }]
"""


@pytest.fixture(params=["here", "elsewhere"])
def tuned(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of an adapter, whose manifest may be on another machine."""
    if request.param == "here":
        folder = tmp_path / "adapters" / "tuned"
        folder.mkdir(parents=True)
        (folder / "adapter.toml").write_text(MANIFEST, encoding="utf-8")
    return "tuned"


def test_gold_is_cut_to_what_is_asked_for(tuned: str, tmp_path: Path) -> None:
    """Whatever else rows have; none of them is a bad row for it."""
    both, other = {"PER": (0, 3), "FOOD": (4, 9)}, {"FOOD": (0, 5)}
    file = spans(tmp_path, ("Ada ate bread", both), ("bread", other), ("Ada", {"PER": (0, 3)}))
    asked = Label("PER", "PER")
    assert gold(tmp_path, file, asked, model=tuned) == [["PER"], [], ["PER"]]
    assert gold(tmp_path, file, asked) == [["PER"], [], ["PER"]]


def test_gold_in_another_format_is_cut_likewise(tuned: str, tmp_path: Path) -> None:
    """alpaca's outputs are read by labels; others in them are none that is asked for."""
    file = tmp_path / "rows.json"
    outputs = ("PER：Ada\nFOOD：bread", "FOOD：bread", "FOOD：bread\nORG：Ada", "无")
    rows = [{"instruction": "", "input": "Ada ate bread", "output": one} for one in outputs]
    file.write_text(json.dumps(rows), encoding="utf-8")
    for kind in ("auto", "alpaca"):
        found = gold(tmp_path, file, Label("PER", "PER"), model=tuned, kind=kind)
        assert found == [["PER"], [], [], []]
    tags = ("<PER>Ada</PER> ate <FOOD>bread</FOOD>", "Ada ate <FOOD>bread</FOOD>", "Ada ate bread")
    rows = [{"instruction": "", "input": "Ada ate bread", "output": one} for one in tags]
    file.write_text(json.dumps(rows), encoding="utf-8")
    assert gold(tmp_path, file, Label("PER", "PER"), model=tuned) == [["PER"], [], []]
    rows[1]["output"] = "PER：Eve"
    file.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(DataError, match=r"rows\.json:1: 'Eve' in the output is not_in_text"):
        gold(tmp_path, file, Label("PER", "PER"), model=tuned)


def test_rows_may_have_labels_as_they_are_written(tmp_path: Path) -> None:
    """By the adapter or in the file of labels; one that is there by both is one entity."""
    (tmp_path / "adapters" / "tuned").mkdir(parents=True)
    (tmp_path / "adapters" / "tuned" / "adapter.toml").write_text(MANIFEST, encoding="utf-8")
    file = spans(tmp_path, ("Ada ate", {"人物": (0, 3), "PER": (0, 3), "people": (0, 3)}))
    assert gold(tmp_path, file, Label("PER", "PER"), model="tuned") == [["PER"]]
    assert gold(tmp_path, file, Label("PER", "people")) == [["PER"]]
    with pytest.raises(DataError, match=r"nothing that is asked for \(ORG\); it has PER, people"):
        gold(
            tmp_path,
            spans(tmp_path, ("Ada", {"PER": (0, 3), "people": (0, 3)})),
            Label("ORG", "ORG"),
        )


def test_whose_labels_a_row_does_not_have(tmp_path: Path) -> None:
    """Said of this fault alone: the default answers who names nothing."""
    put = tmp_path / "adapters" / "tuned"
    put.mkdir(parents=True)
    (put / "adapter.toml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "adapters" / "registry.toml").write_text('default = "tuned"\n', encoding="utf-8")
    expected = r"label 'part'; expected one of PER, ORG; these are the labels of "
    default = "the default tuned, and --label or --labels asks for others$"
    file = spans(tmp_path, ("bolt", {"part": (0, 4)}))
    with pytest.raises(DataError, match=rf"rows\.jsonl:1: {expected}{default}"):
        gold(tmp_path, file)
    with pytest.raises(DataError, match=rf"rows\.jsonl:1: {expected}tuned$"):
        gold(tmp_path, file, model="tuned")
    with pytest.raises(DataError, match=r"expected one inside \[0, 4\)$"):
        gold(tmp_path, spans(tmp_path, ("bolt", {"PER": (0, 9)})))
    brat = tmp_path / "brat"
    brat.mkdir()
    (brat / "a.txt").write_text("bolt", encoding="utf-8")
    (brat / "a.ann").write_text("#1\tNote\nT1\tpart 0 4\tbolt\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"a\.ann:2: {expected}{default}"):
        gold(tmp_path, brat)
    row = {"instruction": "", "input": "bolt", "output": "part：bolt"}
    file.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(DataError, match=rf"rows\.jsonl:1: {expected}{default}"):
        gold(tmp_path, file)
