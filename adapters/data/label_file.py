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
from adapters.data.readers.errors import BadRow
from adapters.data.readers.fields import string
from adapters.data.readers.lines import content
from service.errors import InvalidRequest
from service.ner.types import Label
from service.wire.json_object import once
from service.wire.wording import shown, why_unusable

_EXPECTED = 'expected {"labels": {id: {"name", "description"}}}, or {name: description}'


def read_labels(path: Path) -> tuple[str, tuple[Label, ...]]:
    """The language, "" where it is not said, and the labels: ``name`` is the id, ``written`` the
    natural name. Raises DataError, for two of one natural name too."""
    said = _content(path)
    nested = isinstance(said.get("labels"), dict)
    rows, place = (said["labels"], "labels.") if nested else (said, "")
    try:
        labels = tuple(_label(name, one, place + name) for name, one in rows.items())
        language = _or_empty(said.get("language"), "language") if nested else ""
    except BadRow as exc:
        raise DataError(f"{path}: {exc}") from exc
    if not labels:
        raise DataError(f"{path}: no label; {_EXPECTED}")
    written = [label.written for label in labels]
    double = next((name for name in written if written.count(name) > 1), None)
    if double is not None:
        raise DataError(f"{path}: {double!r} is the name of two labels; expected each only once")
    return language, labels


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


def text_in(path: Path) -> str:
    """The whole text, in the encoding that its bytes tell, as of rows; Notepad's mark is no part of
    it. Raises DataError."""
    try:
        return content(path, "", what="labels")
    except OSError as exc:
        raise DataError(f"{path}: {why_unusable(exc)}; {_EXPECTED}") from exc


def _content(path: Path) -> Mapping[str, Any]:
    """Raises DataError."""
    text = text_in(path)
    try:
        is_toml = path.suffix.lower() == ".toml"
        said = tomllib.loads(text) if is_toml else json.loads(text, object_pairs_hook=once)
    except InvalidRequest as exc:
        raise DataError(f"{path}: {exc.message}") from exc
    except (ValueError, RecursionError) as exc:
        raise DataError(f"{path}: {why_unusable(exc)}; {_EXPECTED}") from exc
    if not isinstance(said, dict):
        raise DataError(f"{path}: the file has {shown(said)}; {_EXPECTED}")
    return said


def _label(name: str, said: Any, where: str) -> Label:
    """Raises BadRow, which calls what is said ``where``."""
    string(name, "a label's name")
    if isinstance(said, str):
        return Label(name, name, string(said, where))
    if not isinstance(said, dict):
        raise BadRow(f'{where} has {shown(said)}; expected {{"name", "description"}}, or a string')
    if "name" not in said:
        raise BadRow(f"{where}.name is missing; expected a string")
    description = _or_empty(said.get("description"), f"{where}.description")
    return Label(name, string(said["name"], f"{where}.name"), description)


def _or_empty(said: Any, where: str) -> str:
    """Exports write null for what is not said. Raises BadRow."""
    return "" if said is None else string(said, where)
