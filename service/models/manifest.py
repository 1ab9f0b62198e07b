"""adapter.toml <-> Adapter. Standard library only: the launcher and the trainer read it too."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from service.models.calibration import Calibration
from service.models.calibration import read as read_calibrations
from service.models.decoding import UNCHANGED, Decoding
from service.models.decoding import read as read_decoding
from service.models.toml_fields import Fields, Interval
from service.models.toml_fields import ManifestError as ManifestError
from service.ner.formats import FORMATS
from service.ner.prompt import BUILT_IN, Template
from service.ner.types import Label, Occurrences, refuse_written

FILE_NAME = "adapter.toml"

# A name is a folder, a part of a URL and, with @ and a digest behind it, a name in the engine.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured of an adapter on ``split``: F1 from 0 to 1 with 95 % intervals, None where
    it was not recorded. ``date`` as it is written there."""

    split: str
    sentences: int | None
    date: str | None
    constraint: str | None
    text_f1: float | None
    text_interval: Interval | None
    span_f1: float | None
    span_interval: Interval | None


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter as its manifest records it.

    ``weights`` is the safetensors file and ``sha256`` its digest (hexadecimal); ``rank`` the LoRA
    rank; ``prompt`` the name of ``template``; ``max_chars`` the longest text, in code points, that
    it was trained for; ``calibrations`` make raw scores confidences, one a constraint. One that is
    ``open`` takes any labels, and ``labels`` are those of a request that names none. ``decoding``
    is how it answers a request that does not say.
    """

    name: str
    base: str
    folder: Path
    weights: Path
    sha256: str
    rank: int
    prompt: str
    template: Template
    format: str
    labels: tuple[Label, ...]
    max_chars: int
    occurrences: Occurrences
    evaluation: tuple[Evaluation, ...]
    calibrations: tuple[Calibration, ...] = ()
    open: bool = False
    decoding: Decoding = UNCHANGED

    @property
    def engine_name(self) -> str:
        """Its name in the engine: new weights are a new name, so no cache mixes the two."""
        return f"{self.name}@{self.version}"

    @property
    def version(self) -> str:
        """The first digits of the weights' sha256."""
        return self.sha256[:8]


def is_name(text: str) -> bool:
    """Can an adapter, or an alias, be called this?"""
    return bool(_NAME.fullmatch(text))


def load_all(adapters: Path) -> list[Adapter]:
    """Every adapter of a folder, sorted by name; a folder without a manifest is not an adapter.

    Raises ManifestError for the first manifest that cannot be used.
    """
    return [load(manifest.parent) for manifest in sorted(adapters.glob(f"*/{FILE_NAME}"))]


def load(folder: Path) -> Adapter:
    """Read ``folder/adapter.toml``; raises ManifestError. The weights themselves are not opened."""
    fields = Fields.read(folder / FILE_NAME)
    name, sha256 = fields.text("name", _NAME), fields.text("sha256", _SHA256)
    if name != folder.name:
        raise fields.wrong("name", name, f"the name of its folder, {folder.name!r}")
    format_name = fields.one_of("format", tuple(FORMATS))
    labels, is_open = labels_of(fields, format_name), fields.flag("open")
    return Adapter(
        name=name,
        base=fields.text("base"),
        folder=folder,
        weights=folder / _file_name(fields, "weights"),
        sha256=sha256,
        rank=fields.positive("rank"),
        prompt=fields.text("prompt"),
        template=template(fields, folder),
        format=format_name,
        labels=labels,
        max_chars=fields.positive("max_chars"),
        occurrences=fields.one_of("occurrences", get_args(Occurrences), "all"),
        evaluation=_evaluation(fields),
        calibrations=read_calibrations(fields, sha256),
        open=is_open,
        decoding=read_decoding(fields, format_name, None if is_open else labels),
    )


def _file_name(fields: Fields, key: str) -> str:
    value = fields.text(key)
    if Path(value).name != value:
        raise fields.wrong(key, value, "the name of a file in the adapter's folder")
    return value


def template(fields: Fields, folder: Path) -> Template:
    """``prompt`` names a built-in template, or a TOML file in the folder. Raises ManifestError.

    The file has ``user``, and ``system`` unless the adapter was trained without that message.
    """
    value = fields.text("prompt")
    if value in BUILT_IN:
        return BUILT_IN[value]
    if not value.endswith(".toml") or Path(value).name != value:
        expected = f"one of {', '.join(BUILT_IN)}, or a .toml file in the adapter's folder"
        raise fields.wrong("prompt", value, expected)
    prompt = Fields.read(folder / value, "a prompt file")
    system = prompt.text("system") if "system" in prompt.values else ""
    found = Template(system, prompt.text("user"))
    if "{text}" not in found.user:
        raise prompt.wrong("user", found.user, "a pattern with the place {text}")
    return found


def labels_of(fields: Fields, format_name: str) -> tuple[Label, ...]:
    """``labels``, none of them twice, each as the format can write it. Raises ManifestError."""
    rows = fields.values.get("labels")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise fields.wrong("labels", rows, "one [[labels]] table or more")
    labels = tuple(_label(Fields(fields.path, row), format_name) for row in rows)
    for kind in ("name", "written"):
        words = [getattr(label, kind) for label in labels]
        double = next((word for word in words if words.count(word) > 1), None)
        if double is not None:
            raise fields.wrong(f"labels.{kind}", double, "each only once")
    return labels


def _label(row: Fields, format_name: str) -> Label:
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


def _evaluation(fields: Fields) -> tuple[Evaluation, ...]:
    """The [[evaluation]] tables; keys that are not known here are somebody else's."""
    rows = fields.values.get("evaluation", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise fields.wrong("evaluation", rows, "[[evaluation]] tables")
    return tuple(_evaluated(Fields(fields.path, row)) for row in rows)


def _evaluated(row: Fields) -> Evaluation:
    date, constraint = row.values.get("date"), row.values.get("constraint")
    return Evaluation(
        split=row.text("split"),
        sentences=row.positive("sentences") if "sentences" in row.values else None,
        date=None if date is None else str(date),
        constraint=None if constraint is None else str(constraint),
        text_f1=row.number("text_f1"),
        text_interval=row.interval("text_interval"),
        span_f1=row.number("span_f1"),
        span_interval=row.interval("span_interval"),
    )
