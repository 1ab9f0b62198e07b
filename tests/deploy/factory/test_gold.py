"""Gold rows for a measurement: what a person asks for, out of whatever rows have."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.data.examples import Example, split
from adapters.data.readers import DataError, Kind, read
from adapters.data.unseen import HeldOut, most
from deploy.factory.gold import Wanted, gold_rows
from service.ner.types import Label
from service.settings import Settings
from tests.adapters.test_draft import OPEN


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


def rows(
    folder: Path,
    file: Path,
    *asked: Label,
    model: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
    also: Sequence[str] = (),
    **wanted: object,
) -> list[Example]:
    """Gold, with the adapters of ``folder``."""
    (folder / "adapters").mkdir(exist_ok=True)
    settings = Settings(adapters=folder / "adapters")
    return gold_rows(
        *(settings, Wanted(file, **wanted), tell),  # type: ignore[arg-type]
        model=model,
        also=also,
        asked=asked,
    )


def gold(folder: Path, file: Path, *asked: Label, **wanted: Any) -> list[list[str]]:
    """The labels of each row."""
    found = rows(folder, file, *asked, **wanted)
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


LABELS = (Label("PER", "人物"), Label("ORG", "组织"))


def register(folder: Path) -> None:
    """The adapter ``tuned``, among those of ``folder``."""
    put = folder / "adapters" / "tuned"
    put.mkdir(parents=True)
    (put / "adapter.toml").write_text(MANIFEST, encoding="utf-8")


@pytest.fixture(params=["here", "elsewhere"])
def tuned(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of an adapter, whose manifest may be on another machine."""
    if request.param == "here":
        register(tmp_path)
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


@pytest.mark.parametrize("kind", ["spans", "alpaca"])
def test_labels_do_not_decide_which_rows_are_measured(kind: Kind, tmp_path: Path) -> None:
    """Where bad rows are skipped: reports on one file can be compared, whatever was asked for."""
    register(tmp_path)
    file, told = half_with_another_label(tmp_path, kind), list[str]()
    so: dict[str, Any] = {"kind": kind, "skip_bad": True, "held_out": 20}
    found = rows(tmp_path, file, model="tuned", tell=told.append, **so)
    others = sum("bread" in one.text for one in found)
    assert told[0].startswith(f"rows left out: 2 that cannot be read; the first: {file}:41: ")
    assert told[1:] == [f"gold left out: FOOD ({others}); expected PER, ORG, the labels of tuned"]
    assert (0 < others < 20, len(found)) == (True, 20)
    assert rows(tmp_path, file, *LABELS, model="elsewhere", **so) == found
    asked = rows(tmp_path, file, Label("FOOD", "FOOD"), model="tuned", **so)
    assert [one.text for one in asked] == [one.text for one in found]
    with pytest.raises(DataError, match=r"label 'FOOD'; expected one of PER, ORG"):
        rows(tmp_path, file, model="tuned", kind=kind)


@pytest.mark.parametrize("kind", ["spans", "alpaca"])
def test_no_row_is_measured_that_was_trained_on(kind: Kind, tmp_path: Path) -> None:
    """Training leaves out rows with other labels, and so holds out others, too."""
    register(tmp_path)
    file = half_with_another_label(tmp_path, kind)
    trained, _ = split(read(file, kind, LABELS, skip_bad=True).examples, 20)
    found = rows(tmp_path, file, model="tuned", kind=kind, skip_bad=True, held_out=20)
    assert len(trained) == 10
    assert not {one.text for one in trained} & {one.text for one in found}


@pytest.mark.parametrize("model", ["tuned", "other"])
def test_of_a_part_of_the_training_rows_none_is_measured_that_was_trained_on(
    model: str, tmp_path: Path
) -> None:
    """What lies beside the weights says which; of every model that is measured on them."""
    register(tmp_path)
    texts = [f"Ada {n}" for n in range(300)]
    whole = [Example(text, ()) for text in texts]
    HeldOut.of(whole, 30).write(tmp_path / "adapters" / "tuned")
    file = spans(tmp_path, *((text, {"PER": (0, 3)}) for text in texts[::2]))
    also = [] if model == "tuned" else ["tuned"]
    with pytest.raises(DataError, match="30 rows held out: tuned may have been trained on"):
        rows(tmp_path, file, model=model, also=also, held_out=30)
    unseen = most(tmp_path / "adapters" / "tuned", whole[::2], 30)
    assert len(rows(tmp_path, file, model=model, also=also, held_out=unseen)) == unseen
    assert len(rows(tmp_path, file, model=model, also=also)) == 150


def test_the_open_adapter_is_compared_with_on_others_held_out_rows(tmp_path: Path) -> None:
    """It was trained on sources, of each of which it held out two rows."""
    register(tmp_path)
    shutil.copytree(OPEN, tmp_path / "adapters" / "any", ignore=shutil.ignore_patterns("*.safe*"))
    file = spans(tmp_path, *((f"Ada {n}", {"PER": (0, 3)}) for n in range(100)))
    assert len(rows(tmp_path, file, model="tuned", also=["any"], held_out=10)) == 10
    with pytest.raises(DataError, match="10 rows held out: any was trained on all but 2"):
        rows(tmp_path, file, Label("PER", "PER"), model="any", held_out=10)


def test_why_no_row_is_left_is_said(tmp_path: Path) -> None:
    """What was left out is told before the refusal."""
    told: list[str] = []
    file = spans(tmp_path, ("Ada", {"PER": (0, 9)}))
    with pytest.raises(DataError, match=r"rows\.jsonl: no rows to measure on"):
        rows(tmp_path, file, skip_bad=True, tell=told.append)
    assert told[0].startswith("rows left out: 1 that cannot be read; the first: ")


def half_with_another_label(folder: Path, kind: str) -> Path:
    """60 rows, and two bad ones behind the 40th; one of these says what is not there, and calls it
    by the label more."""
    texts = [f"Ada ate {'bread' if n % 2 else 'it'} {n}" for n in range(60)]
    each = [{"PER": "Ada", **({"FOOD": "bread"} if "bread" in one else {})} for one in texts]
    found = [_row(kind, *row) for row in zip(texts, each, strict=True)]
    found[40:40] = [{}, _row(kind, "Eve", {"PER": "Eve", "FOOD": "soup"})]
    file = folder / f"{kind}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    return file


def _row(kind: str, text: str, labels: dict[str, str]) -> dict[str, object]:
    if kind == "alpaca":
        said = "\n".join(f"{label}：{surface}" for label, surface in labels.items())
        return {"instruction": "", "input": text, "output": said}
    places = {label: (text.find(one), text.find(one) + len(one)) for label, one in labels.items()}
    spans = [{"label": label, "start": s, "end": e} for label, (s, e) in places.items()]
    return {"text": text, "entities": spans}


def test_rows_may_have_labels_as_they_are_written(tmp_path: Path) -> None:
    """By the adapter or in the file of labels; one that is there by both is one entity."""
    register(tmp_path)
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
    register(tmp_path)
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
