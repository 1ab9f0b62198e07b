"""Which label a row means, where a label is written as another one is called."""

import json
from pathlib import Path

import pytest

from adapters.data.examples import Example
from adapters.data.readers import Kind, read
from service.ner.types import Entity, Label
from tests.adapters.data.labelled import written

LABELS = (Label("person", "name"), Label("name", "product name"))
ROWS: dict[str, str] = {
    "cluener": json.dumps({"text": "Ada", "label": {"{}": {"Ada": [[0, 2]]}}}),
    "spans": json.dumps({"text": "Ada", "entities": [{"label": "{}", "start": 0, "end": 3}]}),
    "doccano": json.dumps({"text": "Ada", "label": [[0, 3, "{}"]]}),
    "spacy": json.dumps(["Ada", {"entities": [[0, 3, "{}"]]}]),
    "columns": "Ada B-{}\n",
}


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize(
    ("said", "meant"), [("name", "name"), ("person", "person"), ("product name", "name")]
)
def test_the_name_comes_before_the_written_form(
    kind: Kind, said: str, meant: str, tmp_path: Path
) -> None:
    """Rows have the name first; what a model writes is another thing."""
    path = written(tmp_path, ROWS[kind].replace("{}", said), "rows")
    if kind == "columns" and " " in said:
        path = written(tmp_path, f"Ada\tB-{said}\n", "rows")
    assert read(path, kind, LABELS).examples == [Example("Ada", (Entity(meant, 0, 3),))]


def test_an_answer_says_labels_as_they_are_written(tmp_path: Path) -> None:
    """In rows for other trainers, too."""
    row = json.dumps({"instruction": "…", "input": "Ada", "output": "name：Ada"})
    found = read(written(tmp_path, row), "alpaca", LABELS).examples
    assert found == [Example("Ada", (Entity("person", 0, 3),))]
