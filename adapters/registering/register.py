"""From a finished training run to a registered adapter: weights, manifest, recipe, card."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters import recipe as recipes
from adapters.data.unseen import FILE_NAME as HELD_OUT
from adapters.recipe import Recipe
from adapters.registering.card import card
from adapters.registering.kept import Kept
from adapters.registering.manifest_text import manifest_text
from adapters.registering.origins import FILE_NAME as ORIGINS
from adapters.registering.origins import origins_file, read_origins
from adapters.registering.trained import RegisterError, check, weights_of
from adapters.training.work_folder import CONFIG, LOG, WEIGHTS
from service.models import manifest, names

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
    """Put the weights in ``trained``, or in the work folder ``trained``, into ``adapters/name`` and
    describe them.

    Writes the two weight files, adapter.toml, recipe.toml, README.md (the card) and copies of the
    files ``beside`` (the card shows the pictures), of ``sources.toml`` beside the recipe and of
    ``held_out.toml`` beside the weights. All is made and checked beside the folder first; then each
    file takes its place by rename, the manifest last. ``reports`` as of ``report.report``; ``data``
    and ``licence`` say what it was trained on, and stay as they were where they are left out.
    Raises RegisterError, RecipeError, ManifestError.
    """
    if not manifest.is_name(name):
        raise RegisterError(f"name {name!r}; expected letters, digits, '.', '_' or '-', up to 100")
    plan = recipes.load(recipe_file)
    names.refuse_taken(adapters, name, {plan.base})
    weights = weights_of(trained)
    check(weights, plan, recipe_file)
    digest = _sha256(weights / WEIGHTS)
    _check_reports(name, digest, reports)
    folder = adapters / name
    kept = Kept.of(folder, digest, data, licence)
    copied = [*origins_file(plan, recipe_file.parent, folder), *weights.glob(HELD_OUT), *beside]
    adapters.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=adapters, prefix=".registering-") as place:
        staged = Path(place) / name
        recipes.copy(recipe_file, plan, staged)
        for file in (weights / WEIGHTS, weights / CONFIG, *copied):
            shutil.copyfile(file, staged / file.name)
        _describe(staged, plan, digest, reports, kept, notes)
        manifest.load(staged)
        _put(staged, folder, keep=kept.same_weights)
    return manifest.load(folder)


def _describe(
    staged: Path,
    plan: Recipe,
    digest: str,
    reports: Sequence[Mapping[str, Any]],
    kept: Kept,
    notes: str,
) -> None:
    """Write card and manifest beside what lies in ``staged``, which is called as the adapter is."""
    pictures = sorted(kept.pictures | {path.name for path in staged.glob("*.png")})
    described = card(
        *(staged.name, plan, reports, kept.about, notes, pictures, kept.calibrated),
        origins=read_origins(staged / ORIGINS, plan),
    )
    (staged / CARD).write_text(described, encoding="utf-8")
    fields = manifest_text(staged.name, plan, digest, reports, kept)
    (staged / manifest.FILE_NAME).write_text(fields, encoding="utf-8")


def _put(staged: Path, folder: Path, *, keep: bool) -> None:
    """Move every file, the manifest last; ``keep`` what else is shown of the adapter there."""
    folder.mkdir(exist_ok=True)
    files = sorted(staged.iterdir(), key=lambda file: file.name == manifest.FILE_NAME)
    for file in files:
        with file.open("rb") as written:
            os.fsync(written.fileno())
        file.replace(folder / file.name)
    if not keep:
        shown = {*folder.glob("*.png"), *folder.glob(LOG), *folder.glob(HELD_OUT)}
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
