"""From a finished training run to a registered adapter: weights, manifest, recipe, card."""

import hashlib
import json
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters import recipe as recipes
from adapters.card import card
from adapters.recipe import Recipe
from adapters.toml_text import assignments
from service import manifest

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


class RegisterError(Exception):
    """What was trained does not fit the recipe, or is not there: names the file and why."""


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
    files ``beside`` (the card shows the pictures), the manifest last: a folder without one is not
    an adapter. ``reports`` as of ``report.report``; ``data`` and ``licence`` say what it was
    trained on, and stay as they were where they are left out. Raises RegisterError, RecipeError,
    ManifestError.
    """
    plan = recipes.load(recipe_file)
    _check(trained, plan)
    _check_reports(name, reports)
    folder = adapters / name
    folder.mkdir(parents=True, exist_ok=True)
    _put(recipe_file, folder / recipes.FILE_NAME)
    prompt = recipe_file.with_name(plan.prompt)
    own = [prompt] if prompt.suffix == ".toml" else []
    for file in (trained / WEIGHTS, trained / CONFIG, *own, *beside):
        _put(file, folder / file.name)
    digest = _sha256(folder / WEIGHTS)
    before = _about(folder / manifest.FILE_NAME)
    calibrated = _calibrations(folder / manifest.FILE_NAME, digest)
    data, licence = data or before["trained_on"], licence or before["licence"]
    pictures = sorted(path.name for path in folder.glob("*.png"))
    described = card(name, plan, reports, data, licence, notes, pictures, calibrated)
    (folder / "README.md").write_text(described, encoding="utf-8")
    # Weights that are only described anew were not made today.
    date = before["date"] if before["sha256"] == digest else ""
    about = {"trained_on": data, "licence": licence, "date": date or _today()}
    fields = _manifest(name, plan, digest, reports, about)
    for constraint, table in calibrated.items():
        fields += f"\n[calibration.{constraint}]\n{assignments(table)}"
    (folder / manifest.FILE_NAME).write_text(fields, encoding="utf-8")
    return manifest.load(folder)


def _check(trained: Path, plan: Recipe) -> None:
    try:
        config = json.loads((trained / CONFIG).read_text(encoding="utf-8"))
        size = (trained / WEIGHTS).stat().st_size
    except (OSError, ValueError) as exc:
        raise RegisterError(f"{trained}: {exc}; expected a folder that was trained") from exc
    for key, want in (("r", plan.lora.rank), ("base_model_name_or_path", plan.base)):
        if config.get(key) != want:
            raise RegisterError(
                f"{trained / CONFIG}: {key} = {config.get(key)!r}; expected {want!r}"
            )
    if not size:
        raise RegisterError(f"{trained / WEIGHTS} is empty")


def _check_reports(name: str, reports: Sequence[Mapping[str, Any]]) -> None:
    for found in reports:
        if found["model"] != name:
            raise RegisterError(
                f"the report on {found['split']} is about {found['model']!r}; expected {name!r}"
            )


def _about(path: Path) -> dict[str, str]:
    """What a manifest says of the data, and the ``sha256`` of its weights."""
    fields = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    said = {"trained_on": "", "licence": "", "date": ""} | fields.get("data", {})
    return said | {"sha256": fields.get("sha256", "")}


def _calibrations(path: Path, digest: str) -> dict[str, dict[str, Any]]:
    """Those of a manifest that were fitted on the weights with ``digest``: others hold no more."""
    fields = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    tables: dict[str, dict[str, Any]] = fields.get("calibration", {})
    return {name: one for name, one in tables.items() if digest.startswith(one.get("sha256", "-"))}


def _put(source: Path, target: Path) -> None:
    if source.resolve() != target.resolve():
        shutil.copyfile(source, target)


def _manifest(
    name: str,
    plan: Recipe,
    digest: str,
    reports: Sequence[Mapping[str, Any]],
    about: Mapping[str, str],
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
    }
    rows = [assignments(fields)]
    rows += [
        "[[labels]]\n"
        + assignments(
            {"name": label.name, "written": label.written}
            | ({"description": label.description} if label.description else {})
        )
        for label in plan.labels
    ]
    rows.append("[data]\n" + assignments({key: value for key, value in about.items() if value}))
    rows += ["[[evaluation]]\n" + assignments(_summary(found)) for found in reports]
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


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
