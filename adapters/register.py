"""From a finished training run to a registered adapter: weights, manifest, recipe, card."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters import recipe as recipes
from adapters.recipe import Recipe
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
) -> manifest.Adapter:
    """Put the weights of folder ``trained`` into ``adapters/name`` and describe them.

    Writes the two weight files, adapter.toml, recipe.toml and README.md (the card), the manifest
    last: a folder without one is not an adapter. ``reports`` as of ``report.report``; ``data`` and
    ``licence`` say what it was trained on. Raises RegisterError, RecipeError, ManifestError.
    """
    plan = recipes.load(recipe_file)
    _check(trained, plan)
    folder = adapters / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in (WEIGHTS, CONFIG):
        _put(trained / file, folder / file)
    _put(recipe_file, folder / recipes.FILE_NAME)
    digest = _sha256(folder / WEIGHTS)
    card = _card(name, plan, reports, data, licence, notes)
    (folder / "README.md").write_text(card, encoding="utf-8")
    described = _manifest(name, plan, digest, reports, data, licence)
    (folder / manifest.FILE_NAME).write_text(described, encoding="utf-8")
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


def _put(source: Path, target: Path) -> None:
    if source.resolve() != target.resolve():
        shutil.copyfile(source, target)


def _manifest(
    name: str,
    plan: Recipe,
    digest: str,
    reports: Sequence[Mapping[str, Any]],
    data: str,
    licence: str,
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
    about = {"trained_on": data, "licence": licence, "date": _today()}
    rows = [_assignments(fields)]
    rows += [
        "[[labels]]\n"
        + _assignments(
            {"name": label.name, "written": label.written}
            | ({"description": label.description} if label.description else {})
        )
        for label in plan.labels
    ]
    rows.append("[data]\n" + _assignments({key: value for key, value in about.items() if value}))
    rows += ["[[evaluation]]\n" + _assignments(_summary(found)) for found in reports]
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


def _assignments(fields: Mapping[str, Any]) -> str:
    # JSON's strings, numbers and lists of them are TOML's too.
    rows = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
    return "".join(rows)


def _card(
    name: str,
    plan: Recipe,
    reports: Sequence[Mapping[str, Any]],
    data: str,
    licence: str,
    notes: str,
) -> str:
    labels = ", ".join(f"{label.name} ({label.written})" for label in plan.labels)
    lora = plan.lora
    rows = [
        f"# {name}\n",
        f"A LoRA adapter for `{plan.base}`: rank {lora.rank}, alpha {lora.alpha}, on "
        f"{', '.join(lora.targets)} of layers {lora.first_layer} to {lora.last_layer}. "
        f"Prompt `{plan.prompt}`, answer format `{plan.format}`, texts up to "
        f"{plan.max_chars} characters.\n",
        f"**Labels:** {labels}\n",
        f"**Training data:** {data or 'not stated'}. **Data licence:** {licence or 'not stated'}. "
        "How it was trained: [recipe.toml](recipe.toml).\n",
    ]
    if notes:
        rows.append(f"{notes.strip()}\n")
    rows += [_report_section(found) for found in reports]
    return "\n".join(rows)


def _report_section(found: Mapping[str, Any]) -> str:
    rows = [
        f"## {found['split']}\n",
        f"{found['sentences']} sentences through the live service, constraint "
        f"`{found['constraint']}`, {found['date']}. Completion tokens a sentence: "
        f"{found['completion_tokens_per_sentence']}; sentences per second: "
        f"{found['sentences_per_second']}.\n",
    ]
    for metric, meaning in (("text", "label and surface"), ("span", "label and place")):
        low, high = found[metric]["interval"]
        rows.append(
            f"**{metric}** ({meaning}); 95 % interval of micro F1: {low:.4f} to {high:.4f}\n"
        )
        rows.append(_markdown(found[metric]))
    wrong = ", ".join(f"{kind} {number}" for kind, number in found["errors"].items())
    rows.append(f"Errors (spans): {wrong}.\n")
    return "\n".join(rows)


def _markdown(figures: Mapping[str, Any]) -> str:
    rows = ["| label | precision | recall | F1 | support |", "|---|---|---|---|---|"]
    table = [*figures["labels"].items(), *((key, figures[key]) for key in ("micro", "macro"))]
    for name, row in table:
        ratios = " | ".join(f"{row[key]:.4f}" for key in ("precision", "recall", "f1"))
        rows.append(f"| {name} | {ratios} | {row['support']} |")
    return "\n".join(rows) + "\n"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
