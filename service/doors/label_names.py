"""What labels are called at each door: our table, and the operator's laid over it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.settings import SettingsError
from service.wire.wording import meant

_OURS = Path(__file__).with_name("labels.toml")
_ANY = "*"
_LAID_OVER = {"comprehend_endpoint": "comprehend"}
_PLACEHOLDERS = ("{label}", "{LABEL}")
_IN_BRACES = re.compile(r"\{[^{}]*\}")

Table = Mapping[str, str]


class LabelNamesError(SettingsError):
    """A file of names that cannot be used; names the file, the place, what was expected."""


@dataclass(frozen=True, slots=True)
class LabelNames:
    """The names at one door."""

    table: Table

    def of(self, label: str) -> str | None:
        """What ``label`` is called; None where its entities are left out."""
        name = self.table.get(label, self.table.get(_ANY, ""))
        return name.replace("{label}", label).replace("{LABEL}", label.upper()) or None


def load(theirs: Path | None) -> dict[str, LabelNames]:
    """By door; raises LabelNamesError."""
    tables = _tables(_OURS)
    if theirs is not None:
        for door, table in _tables(theirs).items():
            if door not in tables:
                expected = ", ".join(tables)
                raise LabelNamesError(f"{theirs}: {door} is no door; expected one of {expected}")
            tables[door] = {**tables[door], **table}
    for door, below in _LAID_OVER.items():
        tables[door] = {**tables[below], **tables[door]}
    return {door: LabelNames(table) for door, table in tables.items()}


def _tables(path: Path) -> dict[str, Table]:
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise LabelNamesError(f"{path} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise LabelNamesError(f"{path} is not TOML in UTF-8: {exc}") from exc
    for door, table in found.items():
        if not isinstance(table, dict) or not all(isinstance(n, str) for n in table.values()):
            raise LabelNamesError(f"{path}: {door} = {table!r}; expected a table of label = name")
        for label, name in table.items():
            _check(f"{path}: {door}.{label} = {name!r}", name)
    return found


def _check(place: str, name: str) -> None:
    """Raises LabelNamesError for a placeholder that is none: every entity would bear its word."""
    words = (word for word in _IN_BRACES.findall(name) if word not in _PLACEHOLDERS)
    for word in words:
        hint = meant(word, _PLACEHOLDERS)
        raise LabelNamesError(f"{place}; expected {' or '.join(_PLACEHOLDERS)}, not {word}{hint}")
