"""What stays of an adapter that is registered once more."""

import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.models import manifest


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
        place of what was said of them, unless they are empty."""
        file = folder / manifest.FILE_NAME
        fields = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        same, said = fields.get("sha256") == digest, fields.get("data", {})
        about = {
            "trained_on": data or said.get("trained_on", ""),
            "licence": licence or said.get("licence", ""),
            "date": (same and said.get("date")) or datetime.now(UTC).date().isoformat(),
        }
        if not same:
            return cls(False, about, {}, {}, set())
        pictures = {path.name for path in folder.glob("*.png")}
        return cls(True, about, fields.get("calibration", {}), fields.get("decoding", {}), pictures)
