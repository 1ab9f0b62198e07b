"""What stays of an adapter that is registered once more."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.models import manifest
from service.models.toml_fields import Fields


@dataclass(frozen=True, slots=True)
class Kept:
    """What an adapter's folder knows already. Of other weights, pictures, calibrations, decoding
    and date say nothing; the data that it was trained on may be the same."""

    same_weights: bool
    about: Mapping[str, str]
    calibrated: Mapping[str, Mapping[str, Any]]
    decoding: Mapping[str, Any]
    pictures: Set[str]

    @classmethod
    def of(cls, folder: Path, digest: str, data: str, licence: str) -> "Kept":
        """Of ``folder``, for weights with the sha256 ``digest``; with ``data`` and ``licence`` in
        place of what was said of them, unless they are empty. Raises ManifestError."""
        file = folder / manifest.FILE_NAME
        fields = Fields.read(file) if file.exists() else Fields(file, {})
        same, said = fields.values.get("sha256") == digest, fields.table("data")
        about = {
            "trained_on": data or _words(said, "trained_on"),
            "licence": licence or _words(said, "licence"),
            "date": (same and _words(said, "date")) or datetime.now(UTC).date().isoformat(),
        }
        if not same:
            return cls(False, about, {}, {}, set())
        pictures = {path.name for path in folder.glob("*.png")}
        found = fields.table("calibration")
        calibrated = {one: found.table(one).values for one in found.values}
        return cls(True, about, calibrated, fields.table("decoding").values, pictures)


def _words(table: Fields, key: str) -> str:
    value = table.values.get(key, "")
    if not isinstance(value, str):
        raise table.wrong(key, value, "a string")
    return value
