"""Is what lies in a folder what a recipe trains? Looked at before anything is registered."""

import json
from pathlib import Path
from typing import Any

from adapters import recipe as recipes
from adapters.data.unseen import HeldOut
from adapters.recipe import Recipe
from adapters.training.work_folder import ADAPTER, CONFIG, UNFINISHED, WEIGHTS
from service.wire.wording import why_unusable

# What decides how weights answer, and so must be the recipe's that they were trained with.
_LEARNED = ("base", "template", "format", "labels", "lora")


class RegisterError(Exception):
    """What was trained does not fit the recipe, or is not there: names the file and why."""


def weights_of(trained: Path) -> Path:
    """The folder of the weights: in a work folder of ``train``, or the folder itself; raises
    RegisterError where there are none, and while not every step is done."""
    if (trained / UNFINISHED).is_dir():
        raise RegisterError(
            f"the training in {trained} is not done; the same `nerve adapter train` goes on with it"
        )
    folder = trained / ADAPTER if (trained / ADAPTER).is_dir() else trained
    missing = next((name for name in (CONFIG, WEIGHTS) if not (folder / name).is_file()), None)
    if missing:
        raise RegisterError(
            f"{folder} has no {missing}; expected the work folder of a training that is done, or "
            "an adapter's folder"
        )
    return folder


def recipe_of(weights: Path, registered: Path) -> Path:
    """The recipe beside the weights, else that of the adapter's folder; raises RegisterError."""
    places = [one / recipes.FILE_NAME for one in (weights, registered)]
    for place in places:
        if place.is_file():
            return place
    raise RegisterError(f"neither {places[0]} nor {places[1]} is there; name one with --recipe")


def check(folder: Path, plan: Recipe, recipe_file: Path) -> None:
    """Raises RegisterError unless the weights in ``folder`` are of ``plan``, read from
    ``recipe_file``."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise RegisterError(f"{folder / CONFIG}: {why_unusable(exc)}") from exc
    for key, want in _config_of(plan).items():
        found = sorted(config[key]) if isinstance(config.get(key), list) else config.get(key)
        if found != want:
            raise RegisterError(
                f"{folder / CONFIG}: {key} = {found!r}; expected {want!r}, as in {recipe_file}"
            )
    if not (folder / WEIGHTS).stat().st_size:
        raise RegisterError(f"{folder / WEIGHTS} is empty")
    _check_recipe(folder / recipes.FILE_NAME, plan, recipe_file)
    _check_held_out(folder, plan, recipe_file)


def _config_of(plan: Recipe) -> dict[str, Any]:
    lora = plan.lora
    return {
        "r": lora.rank,
        "base_model_name_or_path": plan.base,
        "lora_alpha": lora.alpha,
        "target_modules": sorted(lora.targets),
        "layers_to_transform": list(range(lora.first_layer, lora.last_layer + 1)),
    }


def held_out_of(weights: Path) -> HeldOut | None:
    """What the weights in this folder have not seen, as far as it is written there; raises
    RecipeError, ManifestError."""
    recipe = weights / recipes.FILE_NAME
    if (found := HeldOut.read(weights)) or not recipe.is_file():
        return found
    return HeldOut(recipes.load(recipe).data.held_out)


def _check_held_out(weights: Path, plan: Recipe, recipe_file: Path) -> None:
    """Who measures by the recipe must not measure on rows that were trained on."""
    found = held_out_of(weights)
    if found and plan.data.held_out > found.rows:
        raise RegisterError(
            f"{recipe_file}: data.held_out = {plan.data.held_out}; expected up to {found.rows}: "
            f"the weights in {weights} were trained on the others"
        )


def _check_recipe(own: Path, plan: Recipe, recipe_file: Path) -> None:
    """The trainer leaves its recipe beside the weights."""
    if not own.exists():
        return
    trained_with = recipes.load(own)
    for key in _LEARNED:
        if getattr(trained_with, key) != getattr(plan, key):
            raise RegisterError(
                f"{recipe_file}: {key} is not what the weights were trained with; expected what "
                f"{own} says"
            )
