"""The card of an adapter: its README.md, for the people who choose it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, get_args

from adapters.recipe import Recipe
from adapters.registering.origins import Origin, section
from service.ner.types import Constraint


def card(
    name: str,
    plan: Recipe,
    reports: Sequence[Mapping[str, Any]],
    about: Mapping[str, str],
    notes: str,
    pictures: Sequence[str],
    calibrations: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    origins: Mapping[str, Origin] = MappingProxyType({}),
) -> str:
    """The text of README.md; ``reports`` as of ``report.report``, ``about`` the manifest's
    table ``data``, ``pictures`` files beside it, ``calibrations`` its tables by constraint,
    ``origins`` of the rows by source."""
    rows = _about(name, plan, about)
    if notes:
        rows.append(f"{notes.strip()}\n")
    scores = {one for constraint in get_args(Constraint) for one in pictures_of(constraint)}
    rows += [_picture(one) for one in pictures if one not in scores]
    rows += [_report_section(found) for found in reports]
    for constraint, table in calibrations.items():
        there = [one for one in pictures_of(constraint) if one in pictures]
        rows.append(calibration_section(constraint, table, there))
    if origins:
        rows.append(section(origins))
    return "\n".join(rows)


def _about(name: str, plan: Recipe, about: Mapping[str, str]) -> list[str]:
    """What it is, what it knows, what it learned from."""
    lora = plan.lora
    return [
        f"# {name}\n",
        f"A LoRA adapter for `{plan.base}`: rank {lora.rank}, alpha {lora.alpha}, on "
        f"{', '.join(lora.targets)} of layers {lora.first_layer} to {lora.last_layer}. "
        f"Prompt `{plan.prompt}`, answer format `{plan.format}`, texts up to "
        f"{plan.max_chars} characters.\n",
        f"**Labels:** {_labels(plan)}\n",
        f"**Training data:** {about['trained_on'] or 'not stated'}. "
        f"**Data licence:** {about['licence'] or 'not stated'}. "
        "How it was trained: [recipe.toml](recipe.toml).\n",
    ]


def _labels(plan: Recipe) -> str:
    if plan.sources is None:
        return ", ".join(f"{label.name} ({label.written})" for label in plan.labels)
    own = ", ".join(label.name for label in plan.labels)
    return (
        f"any, by name or by name and description; up to {plan.sources.labels} a prompt were "
        f"trained. Where none are named: {own}"
    )


def pictures_of(constraint: str) -> tuple[str, str]:
    """The pictures of a calibration: reliability, and precision over recall."""
    return f"reliability-{constraint}.png", f"precision-recall-{constraint}.png"


def calibration_section(constraint: str, table: Mapping[str, Any], pictures: Sequence[str]) -> str:
    """What a ``[calibration.CONSTRAINT]`` table says, for people; begins with its heading."""
    rows = [
        f"## Scores, constraint `{constraint}`\n",
        f"Fitted on {table['split']}, {table['date']}: {table['entities']} entities in "
        f"{table['sentences']} sentences through the live service (beta calibration).\n",
        "| | raw | calibrated, out of fold |\n|---|---|---|\n| expected calibration error "
        f"(10 bins of equal size) | {table['ece_before']:.4f} | {table['ece_after']:.4f} |\n",
        f"**`min_score` {table['min_score']:g}** gives the best micro-F1 on spans of these rows: "
        f"{table['f1']:.4f}, against {table['f1_before']:.4f} without. It was chosen on them, so "
        "other rows may gain less.\n",
        *map(_picture, pictures),
    ]
    return "\n".join(rows)


def _picture(file: str) -> str:
    return f"![{file.removesuffix('.png')}]({file})\n"


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
