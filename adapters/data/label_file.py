"""Labels in a file of their own: what rows call them, and what a model is asked for.

JSON or TOML: ``{"language", "labels": {id: {"name", "description"}}}``, where rows have the id and
the model is asked for the name, as it is described; or a plain ``{name: description}``.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.data.readers import DataError
from service.ner.types import Label
from service.wire.wording import why_unusable

_EXPECTED = 'expected {"labels": {id: {"name", "description"}}}, or {name: description}'


def read_labels(path: Path) -> tuple[str, tuple[Label, ...]]:
    """The language, "" where it is not said, and the labels: ``name`` is the id, ``written`` the
    natural name. Raises DataError, for two of one natural name too."""
    try:
        text = path.read_text(encoding="utf-8")
        said = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        rows = said["labels"] if isinstance(said.get("labels"), dict) else said
        labels = tuple(_label(name, one) for name, one in rows.items())
    except (OSError, ValueError) as exc:
        raise DataError(f"{path}: {why_unusable(exc)}; {_EXPECTED}") from exc
    except (KeyError, AttributeError, TypeError) as exc:
        raise DataError(f"{path}: a label is of another form; {_EXPECTED}") from exc
    if not labels:
        raise DataError(f"{path}: no label; {_EXPECTED}")
    written = [label.written for label in labels]
    double = next((name for name in written if written.count(name) > 1), None)
    if double is not None:
        raise DataError(f"{path}: {double!r} is the name of two labels; expected each only once")
    return str(said.get("language", "")) if rows is not said else "", labels


def in_request(labels: Sequence[Label]) -> list[str] | dict[str, str] | None:
    """As a request has them, by the names that a model reads: described where one is; None, which
    is all of the model's, where there are none."""
    described = {label.written: label.description for label in labels}
    return described if any(described.values()) else list(described) or None


def renamed(answer: Mapping[str, Any], labels: Sequence[Label]) -> dict[str, Any]:
    """A gateway's answer with the ids of the labels that it was asked for by name."""
    ids = {label.written: label.name for label in labels if label.written != label.name}
    changed = {
        key: [{**one, "label": ids.get(one["label"], one["label"])} for one in answer[key]]
        for key in ("entities", "dropped")
        if ids and key in answer
    }
    return {**answer, **changed}


def _label(name: str, said: Mapping[str, Any] | str) -> Label:
    if isinstance(said, str):
        return Label(name, name, said)
    return Label(name, str(said["name"]), str(said.get("description", "")))
