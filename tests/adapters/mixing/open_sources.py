"""A small folder of sources: two languages, labels that are easily confused, rows without any."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LABELS: Mapping[str, Mapping[str, Any]] = {
    "trips": {
        "language": "en",
        "labels": {
            "from_city": {"name": "departure city", "description": "Where the trip begins"},
            "to_city": {"name": "arrival city", "description": "Where the trip ends"},
            "day": {"name": "day", "description": "The day of the trip"},
            "ticket": {"name": "ticket class", "description": "First or second class"},
        },
    },
    "news": {
        "language": "zh",
        "labels": {
            "PER": {"name": "人名", "description": "人的姓名"},
            "ORG": {"name": "机构名", "description": "公司、学校、机关"},
        },
    },
}


def folder(path: Path, rows: int = 40) -> Path:
    """``path`` with ``train/`` and ``labels/``, ``rows`` rows a source, each tenth one empty."""
    for name, said in LABELS.items():
        _write(path / "labels" / f"{name}.json", json.dumps(said, ensure_ascii=False))
        made = (_trip(n) if name == "trips" else _news(n) for n in range(rows))
        lines = (json.dumps(row, ensure_ascii=False) for row in made)
        _write(path / "train" / f"{name}.jsonl", "\n".join(lines) + "\n")
    return path


def _trip(number: int) -> dict[str, Any]:
    if number % 10 == 0:
        return _row(f"Thank you , that is all for call {number} .")
    text = f"From Oslo to Rome on Monday , please , as in call {number} ."
    spans = [("from_city", "Oslo"), ("to_city", "Rome"), ("day", "Monday")]
    return _row(text, *(spans if number % 2 else spans[:2]))


def _news(number: int) -> dict[str, Any]:
    if number % 10 == 0:
        return _row(f"第{number}次会议圆满结束。")
    return _row(f"浙商银行的叶老桂说了{number}句话。", ("ORG", "浙商银行"), ("PER", "叶老桂"))


def _row(text: str, *found: tuple[str, str]) -> dict[str, Any]:
    places = [(label, text.index(surface), surface) for label, surface in found]
    entities = [
        {"label": label, "start": start, "end": start + len(surface)}
        for label, start, surface in places
    ]
    return {"text": text, "entities": entities}


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
