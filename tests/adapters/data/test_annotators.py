"""Exports of annotation tools: Label Studio's and doccano's."""

import json
from pathlib import Path

import pytest

from adapters.data.readers import DataError, read
from tests.adapters.conftest import LABELS
from tests.adapters.data.labelled import GOLD, TEXT


def studio(*annotations: dict[str, object], **data: object) -> list[dict[str, object]]:
    """An export of Label Studio with one task."""
    return [{"id": 7, "data": data or {"text": TEXT}, "annotations": list(annotations)}]


def regions(*spans: tuple[str, int, int], **more: object) -> dict[str, object]:
    """An annotation."""
    result = [
        {"type": "labels", "value": {"start": s, "end": e, "text": TEXT[s:e], "labels": [label]}}
        for label, s, e in spans
    ]
    return {"result": [*result, {"type": "choices", "value": {"choices": ["x"]}}], **more}


RIGHT = regions(("company", 0, 4), ("name", 5, 8))


@pytest.mark.parametrize(
    "export",
    [
        studio(RIGHT),
        studio(regions(("name", 0, 4)), RIGHT, regions(was_cancelled=True)),
        studio(RIGHT, body=TEXT, row=3),
        studio(RIGHT, text=TEXT, source="a book"),
    ],
)
def test_label_studios_export(tmp_path: Path, export: object) -> None:
    """The last annotation that was not skipped, of the field text or the only string."""
    path = tmp_path / "export.json"
    path.write_text(json.dumps(export), encoding="utf-8")
    assert read(path, "label_studio", LABELS).examples == [GOLD]


@pytest.mark.parametrize(
    ("export", "says"),
    [
        ({}, ":1: text is missing; there are no fields"),
        (studio(), ":1: task 7 has no annotation; expected one"),
        (studio(regions(was_cancelled=True)), ":1: task 7 has no annotation"),
        (studio(RIGHT, one=TEXT, two=TEXT), ":1: data has one, two; expected text, or one string"),
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
