"""Gold rows for a measurement: what a person asks for, out of whatever rows have."""

import json
from pathlib import Path

from adapters.data.readers import read
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
