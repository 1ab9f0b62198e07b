"""Files of other annotation tools: the same example out of each, by its kind and by itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.data.examples import Example
from adapters.data.readers import DataError, Kind, read
from deploy.bulk.convert import convert
from service.ner.types import Entity
from tests.adapters.data.labelled import GOLD, SPANS, TEXT, written


def region(start: int, end: int, label: str, text: str = TEXT) -> dict[str, Any]:
    """As Label Studio has it."""
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    return {"from_name": "l", "to_name": "text", "type": "labels", "value": value}


def task(*results: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A task with an annotation for each result."""
    made = [{"result": result, "was_cancelled": False, **more} for result in results]
    return {"id": 1, "data": {"text": TEXT}, "annotations": made}


REGIONS = [region(0, 4, "company"), region(5, 8, "name")]
ROWS: dict[str, tuple[Kind, Any]] = {
    "doccano": ("doccano", {"id": 1, "text": TEXT, "label": SPANS, "Comments": []}),
    "doccano, older": ("doccano", {"id": 1, "text": TEXT, "labels": SPANS}),
    "doccano, data": ("doccano", {"id": 1, "data": TEXT, "label": SPANS}),
    "doccano, relations": (
        "doccano",
        {
            "text": TEXT,
            "relations": [],
            "entities": [
                {"id": i, "label": label, "start_offset": start, "end_offset": end}
                for i, (start, end, label) in enumerate(SPANS)
            ],
        },
    ),
    "Label Studio": ("label_studio", task(REGIONS)),
    "Label Studio, one cancelled": (
        "label_studio",
        {
            **task(REGIONS),
            "annotations": [{"result": [], "was_cancelled": True}, {"result": REGIONS}],
        },
    ),
    "Label Studio, agreeing": ("label_studio", task(REGIONS, REGIONS[::-1])),
    "Label Studio, older": (
        "label_studio",
        {"data": {"news": TEXT}, "completions": [{"result": REGIONS}]},
    ),
    "Label Studio, short": (
        "label_studio",
        {"id": 1, "text": TEXT, "label": [one["value"] for one in REGIONS], "annotator": 1},
    ),
    **{
        f"Label Studio, short, {control}": (
            "label_studio",
            {"id": 1, "text": TEXT, control: [one["value"] for one in REGIONS], "annotator": 1},
        )
        for control in ("ner", "spans", "ents", "entities", "labels", "输出")
    },
    "spaCy, pairs": ("spacy", [TEXT, {"entities": SPANS}]),
    "spaCy, document": (
        "spacy",
        {"text": TEXT, "ents": [{"start": s, "end": e, "label": n} for s, e, n in SPANS]},
    ),
    "Prodigy": (
        "spacy",
        {"text": TEXT, "spans": [{"start": s, "end": e, "label": n} for s, e, n in SPANS]},
    ),
    "cluener": (
        "cluener",
        {"text": TEXT, "label": {"name": {"叶老桂": [[5, 7]]}, "company": {"浙商银行": [[0, 3]]}}},
    ),
    "spans": (
        "spans",
        {"text": TEXT, "entities": [{"label": n, "start": s, "end": e} for s, e, n in SPANS]},
    ),
}


def as_lines(rows: list[Any]) -> str:
    """An object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_array(rows: list[Any]) -> str:
    """One array, with line breaks anywhere."""
    return json.dumps(rows, ensure_ascii=False, indent=2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("layout", [as_lines, as_array])
@pytest.mark.parametrize("name", ROWS)
def test_the_same_example_out_of_each(
    name: str, layout: Callable[[list[Any]], str], encoding: str, tmp_path: Path
) -> None:
    """By its kind and by itself, a row a line or an array, in any encoding."""
    kind, row = ROWS[name]
    path = written(tmp_path, layout([row, row]), encoding=encoding)
    assert read(path, kind, ()).examples == [GOLD, GOLD]
    found = read(path, "auto", ())
    assert (found.examples, found.kind) == ([GOLD, GOLD], kind)


def test_what_prodigy_s_annotators_did_not_accept_is_no_gold(tmp_path: Path) -> None:
    """Left out and counted; it may be anything. A row without an answer is gold."""
    row = ROWS["Prodigy"][1]
    rows = [{**row, "answer": "accept"}, {**row, "answer": "reject"}, row, {"answer": "ignore"}]
    path = written(tmp_path, as_lines([*rows, {**row, "answer": None}]))
    for kind in ("auto", "spacy"):
        found = read(path, kind, ())
        assert (found.examples, found.kind, found.skipped) == ([GOLD] * 3, "spacy", [])
        assert found.not_accepted == [
            f'{path}:2: answer is "reject"',
            f'{path}:4: answer is "ignore"',
        ]
    path = written(tmp_path, as_lines([{**row, "answer": "yes"}]))
    with pytest.raises(DataError, match='answer has "yes"; expected accept, reject or ignore'):
        read(path, "spacy", ())


def test_an_array_as_llama_factory_has_it(tmp_path: Path) -> None:
    """Detected; its labels have to be known."""
    from tests.adapters.conftest import LABELS

    row = {"instruction": "找", "input": TEXT, "output": "公司：浙商银行\n姓名：叶老桂"}
    path = written(tmp_path, as_array([row]))
    assert read(path, "auto", LABELS).examples == [GOLD]
    with pytest.raises(DataError, match="rows of kind alpaca; expected their labels"):
        read(path, "auto", ())


@pytest.mark.parametrize(
    "deep", ["[" * 100_000, '{"a":' * 100_000, f"[{'[' * 100_000}", "[\n" * 100_000]
)
@pytest.mark.parametrize("kind", ["auto", "spans", "spacy", "label_studio"])
def test_deep_nesting_is_a_bad_row(kind: Kind, deep: str, tmp_path: Path) -> None:
    """No traceback."""
    with pytest.raises(DataError, match="nested too deeply"):
        read(written(tmp_path, deep), kind, ())


def test_what_is_nested_just_so_is_a_bad_row(tmp_path: Path) -> None:
    """At some depth it can be read, but not be written into the message."""
    for depth in range(800, 1000):
        row = f'{{"text": {"[" * depth}{"]" * depth}, "entities": []}}'
        with pytest.raises(DataError, match=r"nested too deeply|text has "):
            read(written(tmp_path, row), "auto", ())


def test_of_several_annotations(tmp_path: Path) -> None:
    """The ground truth, else the last."""
    differ = task(REGIONS, REGIONS[:1])
    assert len(read(written(tmp_path, as_array([differ])), "auto", ()).examples[0].entities) == 1
    differ["annotations"][0]["ground_truth"] = True
    assert read(written(tmp_path, as_array([differ])), "auto", ()).examples == [GOLD]


def test_a_browser_counts_utf16(tmp_path: Path) -> None:
    """Where the surface says so; a surface that fits neither is an error."""
    text = f"😀{TEXT}"
    value = {"start": 2, "end": 6, "text": "浙商银行", "labels": ["company"]}
    row = {
        "data": {"text": text},
        "annotations": [{"result": [{"type": "labels", "value": value}]}],
    }
    found = read(written(tmp_path, as_array([row])), "auto", ()).examples
    assert found == [Example(text, (Entity("company", 1, 5),))]
    value["text"] = "浙商"
    with pytest.raises(DataError, match="expected '浙商'"):
        read(written(tmp_path, as_array([row])), "auto", ())


def test_gold_that_can_never_come_out_is_named(tmp_path: Path) -> None:
    """Overlaps, blank spans, blanks at an edge; it is read all the same."""
    row = {
        "text": "浙商银行  的",
        "entities": [
            {"label": "company", "start": 0, "end": 4},
            {"label": "name", "start": 0, "end": 2},
            {"label": "x", "start": 4, "end": 6},
            {"label": "x", "start": 5, "end": 7},
        ],
    }
    found = read(written(tmp_path, as_lines([row])), "auto", ())
    assert len(found.examples[0].entities) == 4
    path = tmp_path / "rows.json"
    assert found.unreachable == [
        f"{path}:1: company '浙商银行' overlaps name '浙商'",
        f"{path}:1: x [4, 6) is blank",
        f"{path}:1: x ' 的' has a blank at its edge",
        f"{path}:1: x ' 的' overlaps x '  '",
    ]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a.csv", "a table without a place for spans; expected labelled rows: cluener, spans"),
        ("a.xlsx", "a table; expected"),
        ("a.parquet", "a table; expected"),
        ("a.pdf", "a document; expected"),
        ("a.zip", "an archive; expected"),
    ],
)
def test_what_is_no_labelled_data_is_refused_by_name(name: str, says: str, tmp_path: Path) -> None:
    """Before it is looked at."""
    with pytest.raises(DataError, match=rf"{name}: {says}"):
        read(written(tmp_path, "", name), "auto", ())


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_nothing_ends_in_a_traceback(content: str) -> None:
    """Whatever a file has in it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for kind in ("auto", "spans", "doccano", "label_studio", "spacy", "columns"):
            try:
                read(written(Path(folder), content), kind, ())
            except DataError as exc:
                assert "Traceback" not in str(exc)


def test_what_is_converted_is_imported_and_read_back(tmp_path: Path) -> None:
    """doccano at once; Label Studio's tasks once a person has accepted the predictions."""
    entities: list[dict[str, Any]] = [
        {"label": label, "text": TEXT[start:end], "start": start, "end": end, "score": 0.5}
        for start, end, label in SPANS
    ]
    row = {"row": 1, "id": "a", "text": TEXT, "entities": entities, "model": "m"}
    rows = written(tmp_path, as_lines([row, {**row, "row": 2, "entities": []}]), "rows.jsonl")
    convert(rows, tmp_path / "d.jsonl", "doccano")
    assert read(tmp_path / "d.jsonl", "auto", ()).examples == [GOLD, Example(TEXT, ())]
    convert(rows, tmp_path / "ls.json", "label_studio")
    tasks = json.loads((tmp_path / "ls.json").read_text(encoding="utf-8"))
    assert [one["data"]["row"] for one in tasks] == [1, 2]
    assert tasks[0]["predictions"][0]["model_version"] == "m"
    assert tasks[0]["predictions"][0]["result"][0]["score"] == 0.5
    accepted = [{**one, "annotations": one.pop("predictions")} for one in tasks]
    path = written(tmp_path, as_array(accepted))
    assert read(path, "auto", ()).examples == [GOLD, Example(TEXT, ())]
    convert(written(tmp_path, "", "none.jsonl"), tmp_path / "none.json", "label_studio")
    assert json.loads((tmp_path / "none.json").read_text(encoding="utf-8")) == []
