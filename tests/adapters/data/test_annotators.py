"""Exports of annotation tools: Label Studio's and doccano's."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.data.examples import Example
from adapters.data.readers import DataError, read
from tests.adapters.conftest import LABELS
from tests.adapters.data.labelled import GOLD, TEXT


def studio(*annotations: dict[str, Any], **data: object) -> list[dict[str, Any]]:
    """An export of Label Studio with one task."""
    return [{"id": 7, "data": data or {"text": TEXT}, "annotations": list(annotations)}]


def regions(*spans: tuple[str, int, int], **more: object) -> dict[str, Any]:
    """An annotation."""
    result = [
        {"type": "labels", "value": {"start": s, "end": e, "text": TEXT[s:e], "labels": [label]}}
        for label, s, e in spans
    ]
    return {"result": [*result, {"type": "choices", "value": {"choices": ["x"]}}], **more}


RIGHT = regions(("company", 0, 4), ("name", 5, 8))
NAMED = [{**one, "to_name": "text"} for one in RIGHT["result"][:2]]
PARAGRAPH = {
    "type": "paragraphlabels",
    "value": {"start": "0", "end": "0", "startOffset": 0, "endOffset": 4, "paragraphlabels": ["x"]},
}
SHORT = [one["value"] for one in NAMED]  # as JSON-MIN has marks
BESIDE = [
    {**NAMED[0], "type": "textarea", "value": {"start": 0, "end": 4, "text": ["a note"]}},
    {"type": "relation", "from_id": "a", "to_id": "b"},
]


@pytest.mark.parametrize(
    "export",
    [
        studio(RIGHT),
        studio(regions(("name", 0, 4)), RIGHT, regions(was_cancelled=True)),
        studio(RIGHT, body=TEXT, row=3),
        studio(RIGHT, text=TEXT, source="a book"),
        studio({"result": NAMED}, id="7", title="标题", content=TEXT),
        studio({"result": NAMED}, title="标题", doc={"body": TEXT, "source": "a book"}),
        studio({"result": NAMED}, text="别的原文", content=TEXT),
        studio({"result": [{**one, "to_name": "one"} for one in NAMED]}, one=TEXT, two=f"{TEXT}。"),
        studio(RIGHT, text=TEXT, summary=f"{TEXT}…"),
        studio(RIGHT, one=TEXT, two=TEXT),
        studio({"result": [*NAMED, *BESIDE]}),
        [{"id": 1, "content": TEXT, "label": SHORT, "created_at": "2026-11-30T09:30:00Z"}],
        [{"id": 1, "title": "标题", "content": TEXT, "label": SHORT, "sentiment": "good"}],
    ],
)
def test_label_studios_export(tmp_path: Path, export: object) -> None:
    """The last annotation that was not skipped, of the field that has what is marked."""
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export), encoding="utf-8")
    assert read(path, "label_studio", LABELS).examples == [GOLD]


def test_all_tasks_together_tell_which_field_is_the_text(tmp_path: Path) -> None:
    """For one without a mark, too, and in JSON-MIN: they are of one project."""
    path = tmp_path / "export.json"
    marked = {"text": "别的原文", "content": TEXT}
    plain = {"text": "别的原文", "content": "没有人"}
    tasks = [*studio(regions(), **plain), *studio(RIGHT, **marked)]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    assert read(path, "auto", LABELS).examples == [Example("没有人", ()), GOLD]
    path.write_text(json.dumps([{**marked, "label": SHORT}, plain]), encoding="utf-8")
    assert read(path, "auto", LABELS).examples == [GOLD, Example("没有人", ())]


@pytest.mark.parametrize(
    ("export", "says"),
    [
        ({}, ":1: text is missing; there are no fields"),
        (studio(), ":1: task 7 has no annotation; expected one"),
        (studio(regions(was_cancelled=True)), ":1: task 7 has no annotation"),
        (studio(RIGHT, one=TEXT, two=f"{TEXT}。"), ":1: data has one, two; more than one has what"),
        (studio(RIGHT, one=TEXT[1:], two=TEXT[2:]), ":1: data has one, two; none has what is mark"),
        (studio(regions(), one=TEXT, text="x"), ":1: data has one, text; no mark, here or in oth"),
        (studio({"result": [*NAMED, PARAGRAPH]}), ":1: a mark has the type paragraphlabels; expec"),
        (
            studio({"result": [{**NAMED[0], "to_name": "title"}, NAMED[1]]}, title=TEXT, text=TEXT),
            r":1: several texts are marked \(title, text\); expected marks in one",
        ),
        (studio(RIGHT, text=f" {TEXT}"), r":1: \[0, 4\) is ' 浙商银'; expected '浙商银行'"),
        ([3], ":1: "),
    ],
)
def test_what_is_no_export_of_label_studio(tmp_path: Path, export: object, says: str) -> None:
    """With the task's place; a surface that is elsewhere is an error, never moved."""
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export), encoding="utf-8")
    with pytest.raises(DataError, match=says):
        read(path, "label_studio", LABELS)


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1, "text": TEXT, "label": [[0, 4, "company"], [5, 8, "name"]]},
        {
            "text": TEXT,
            "entities": [
                {"id": 1, "label": "name", "start_offset": 5, "end_offset": 8},
                {"id": 2, "label": "company", "start_offset": 0, "end_offset": 4},
            ],
            "relations": [],
        },
    ],
)
def test_doccanos_export(tmp_path: Path, row: object) -> None:
    """Both that it has had."""
    path = tmp_path / "all.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert read(path, "doccano", LABELS).examples == [GOLD]
