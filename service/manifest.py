"""adapter.toml <-> Adapter. Standard library only: the launcher and the trainer read it too."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from service.ner.formats import FORMATS
from service.ner.prompt import BUILT_IN, Template
from service.ner.types import Label, Occurrences, refuse_written

FILE_NAME = "adapter.toml"

# A name is a folder, a part of a URL and, with @ and a digest behind it, a name in the engine.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ManifestError(Exception):
    """A manifest that cannot be used: names the file, the key, the value, what was expected."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter as its manifest records it.

    ``weights`` is the safetensors file and ``sha256`` its digest (hexadecimal); ``rank`` the LoRA
    rank; ``max_chars`` the longest text, in code points, that it was trained for.
    """

    name: str
    base: str
    folder: Path
    weights: Path
    sha256: str
    rank: int
    template: Template
    format: str
    labels: tuple[Label, ...]
    max_chars: int
    occurrences: Occurrences

    @property
    def engine_name(self) -> str:
        """Its name in the engine: new weights are a new name, so no cache mixes the two."""
        return f"{self.name}@{self.sha256[:8]}"


def load_all(adapters: Path) -> list[Adapter]:
    """Every adapter of a folder, sorted by name; a folder without a manifest is not an adapter.

    Raises ManifestError for the first manifest that cannot be used.
    """
    return [load(manifest.parent) for manifest in sorted(adapters.glob(f"*/{FILE_NAME}"))]


def load(folder: Path) -> Adapter:
    """Read ``folder/adapter.toml``; raises ManifestError. The weights themselves are not opened."""
    fields = _Fields.read(folder / FILE_NAME)
    name = fields.text("name", _NAME)
    if name != folder.name:
        raise fields.wrong("name", name, f"the name of its folder, {folder.name!r}")
    format_name = fields.one_of("format", tuple(FORMATS))
    return Adapter(
        name=name,
        base=fields.text("base"),
        folder=folder,
        weights=folder / fields.text("weights"),
        sha256=fields.text("sha256", _SHA256),
        rank=fields.positive("rank"),
        template=_template(fields, folder),
        format=format_name,
        labels=_labels(fields, format_name),
        max_chars=fields.positive("max_chars"),
        occurrences=fields.one_of("occurrences", get_args(Occurrences), "all"),
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    """The keys of one TOML file, each read with a check that knows how to complain."""

    path: Path
    values: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "_Fields":
        try:
            return cls(path, tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as exc:
            raise ManifestError(f"{path}: no such file; expected a manifest") from exc
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise ManifestError(f"{path}: not a TOML file: {exc}") from exc

    def wrong(self, key: str, value: object, expected: str) -> ManifestError:
        return ManifestError(f"{self.path}: {key} = {value!r}; expected {expected}")

    def text(self, key: str, pattern: re.Pattern[str] = re.compile(r"(?s).+")) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            kind = "a non-empty string" if pattern.pattern == "(?s).+" else pattern.pattern
            raise self.wrong(key, value, kind)
        return value

    def positive(self, key: str) -> int:
        value = self.values.get(key)
        if type(value) is not int or value < 1:
            raise self.wrong(key, value, "a whole number above 0")
        return value

    def one_of(self, key: str, words: tuple[str, ...], default: str | None = None) -> Any:
        value = self.values.get(key, default)
        if value not in words:
            raise self.wrong(key, value, f"one of {', '.join(words)}")
        return value


def _template(fields: _Fields, folder: Path) -> Template:
    """``prompt`` names a built-in template, or a TOML file (``system``, ``user``) in the folder."""
    value = fields.text("prompt")
    if value in BUILT_IN:
        return BUILT_IN[value]
    if not value.endswith(".toml") or Path(value).name != value:
        expected = f"one of {', '.join(BUILT_IN)}, or a .toml file in the adapter's folder"
        raise fields.wrong("prompt", value, expected)
    prompt = _Fields.read(folder / value)
    template = Template(prompt.text("system"), prompt.text("user"))
    if "{text}" not in template.user:
        raise prompt.wrong("user", template.user, "a pattern with the place {text}")
    return template


def _labels(fields: _Fields, format_name: str) -> tuple[Label, ...]:
    rows = fields.values.get("labels")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise fields.wrong("labels", rows, "one [[labels]] table or more")
    labels = tuple(_label(_Fields(fields.path, row), format_name) for row in rows)
    for kind in ("name", "written"):
        words = [getattr(label, kind) for label in labels]
        double = next((word for word in words if words.count(word) > 1), None)
        if double is not None:
            raise fields.wrong(f"labels.{kind}", double, "each only once")
    return labels


def _label(row: _Fields, format_name: str) -> Label:
    name = row.text("name")
    written = row.values.get("written", name)
    description = row.values.get("description", "")
    if not isinstance(written, str):
        raise row.wrong("labels.written", written, "a string")
    refusal = refuse_written(written) or FORMATS[format_name].refuse_label(written)
    if refusal:
        raise row.wrong("labels.written", written, refusal)
    if not isinstance(description, str):
        raise row.wrong("labels.description", description, "a string")
    return Label(name, written, description)
