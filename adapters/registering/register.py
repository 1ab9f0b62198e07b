"""From a finished training run to a registered adapter: weights, manifest, recipe, card."""

import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters import recipe as recipes
from adapters.recipe import Recipe
from adapters.registering.card import card
from adapters.registering.origins import FILE_NAME as ORIGINS
from adapters.registering.origins import origins_file, read_origins
from adapters.registering.toml_text import assignments
from adapters.registering.trained import RegisterError, check, weights_of
from adapters.training.work_folder import CONFIG, LOG, WEIGHTS
from service.models import manifest

CARD = "README.md"


def register(
    trained: Path,
    recipe_file: Path,
    adapters: Path,
    name: str,
    *,
    reports: Sequence[Mapping[str, Any]] = (),
    data: str = "",
    licence: str = "",
    notes: str = "",
    beside: Sequence[Path] = (),
) -> manifest.Adapter:
    """Put the weights of folder ``trained`` into ``adapters/name`` and describe them.

    Writes the two weight files, adapter.toml, recipe.toml, README.md (the card) and copies of the
    files ``beside`` (the card shows the pictures) and of ``sources.toml`` beside the recipe. All is
    made and checked beside the folder first; then each file takes its place by rename, the manifest
    last. ``reports`` as of ``report.report``; ``data`` and ``licence`` say what it was trained on,
    and stay as they were where they are left out. Raises RegisterError, RecipeError, ManifestError.
    """
    if not manifest.is_name(name):
        raise RegisterError(f"name {name!r}; expected letters, digits, '.', '_' or '-', up to 100")
    plan = recipes.load(recipe_file)
    check(weights_of(trained), plan, recipe_file)
    digest = _sha256(trained / WEIGHTS)
    _check_reports(name, digest, reports)
    folder = adapters / name
    origins = origins_file(plan, recipe_file.parent, folder)
    before = _before(folder, digest, data, licence)
    adapters.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=adapters, prefix=".registering-") as place:
        staged = Path(place) / name
        recipes.copy(recipe_file, plan, staged)
        for file in (trained / WEIGHTS, trained / CONFIG, *origins, *beside):
            shutil.copyfile(file, staged / file.name)
        pictures = sorted(before.pictures | {path.name for path in staged.glob("*.png")})
        described = card(
            *(name, plan, reports, before.about, notes, pictures, before.calibrated),
            origins=read_origins(staged / ORIGINS, plan),
        )
        (staged / CARD).write_text(described, encoding="utf-8")
        fields = _manifest(name, plan, digest, reports, before)
        (staged / manifest.FILE_NAME).write_text(fields, encoding="utf-8")
        manifest.load(staged)
        _put(staged, folder, keep=before.has_weights)
    return manifest.load(folder)


@dataclass(frozen=True, slots=True)
class _Before:
    """What an adapter's folder knows already. Of other weights, pictures, calibrations, decoding
    and date say nothing; the data that it was trained on may be the same."""

    has_weights: bool
    about: Mapping[str, str]
    calibrated: Mapping[str, Mapping[str, Any]]
    decoding: Mapping[str, Any]
    pictures: Set[str]


def _before(folder: Path, digest: str, data: str, licence: str) -> _Before:
    """With ``data`` and ``licence`` in place of what was said of them, unless they are empty."""
    file = folder / manifest.FILE_NAME
    fields = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    same, said = fields.get("sha256") == digest, fields.get("data", {})
    about = {
        "trained_on": data or said.get("trained_on", ""),
        "licence": licence or said.get("licence", ""),
        "date": (same and said.get("date")) or datetime.now(UTC).date().isoformat(),
    }
    if not same:
        return _Before(False, about, {}, {}, set())
    pictures = {path.name for path in folder.glob("*.png")}
    calibrated, decoding = fields.get("calibration", {}), fields.get("decoding", {})
    return _Before(True, about, calibrated, decoding, pictures)


def _put(staged: Path, folder: Path, *, keep: bool) -> None:
    """Move every file, the manifest last; ``keep`` what else is shown of the adapter there."""
    folder.mkdir(exist_ok=True)
    files = sorted(staged.iterdir(), key=lambda file: file.name == manifest.FILE_NAME)
    for file in files:
        with file.open("rb") as written:
            os.fsync(written.fileno())
        file.replace(folder / file.name)
    if not keep:
        shown = {*folder.glob("*.png"), *folder.glob(LOG)}
        for path in shown - {folder / file.name for file in files}:
            path.unlink()


def _check_reports(name: str, digest: str, reports: Sequence[Mapping[str, Any]]) -> None:
    for found in reports:
        if found["model"] != name:
            raise RegisterError(
                f"the report on {found['split']} is about {found['model']!r}; expected {name!r}"
            )
        if not digest.startswith(found.get("weights") or ""):
            raise RegisterError(
                f"the report on {found['split']} is about the weights {found['weights']}; "
                f"expected {digest[:8]}: measure these"
            )


def _manifest(
    name: str,
    plan: Recipe,
    digest: str,
    reports: Sequence[Mapping[str, Any]],
    before: _Before,
) -> str:
    fields = {
        "name": name,
        "base": plan.base,
        "weights": WEIGHTS,
        "sha256": digest,
        "rank": plan.lora.rank,
        "prompt": plan.prompt,
        "format": plan.format,
        "max_chars": plan.max_chars,
        "occurrences": plan.occurrences,
    } | ({"open": True} if plan.sources else {})
    rows = [assignments(fields)]
    rows += [
        "[[labels]]\n"
        + assignments(
            {"name": label.name, "written": label.written}
            | ({"description": label.description} if label.description else {})
        )
        for label in plan.labels
    ]
    about = {key: value for key, value in before.about.items() if value}
    rows.append("[data]\n" + assignments(about))
    rows += ["[[evaluation]]\n" + assignments(_summary(found)) for found in reports]
    kept = {f"calibration.{one}": table for one, table in before.calibrated.items()}
    kept |= {"decoding": before.decoding} if before.decoding else {}
    rows += [f"[{one}]\n{assignments(table)}" for one, table in kept.items()]
    return "\n".join(rows)


def _summary(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "split": found["split"],
        "sentences": found["sentences"],
        "date": found["date"],
        "constraint": found["constraint"],
        "text_f1": found["text"]["micro"]["f1"],
        "text_interval": found["text"]["interval"],
        "span_f1": found["span"]["micro"]["f1"],
        "span_interval": found["span"]["interval"],
        "completion_tokens_per_sentence": found["completion_tokens_per_sentence"],
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
