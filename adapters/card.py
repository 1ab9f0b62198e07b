"""The card of an adapter: its README.md, for the people who choose it."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.recipe import Recipe


def card(
    name: str,
    plan: Recipe,
    reports: Sequence[Mapping[str, Any]],
    data: str,
    licence: str,
    notes: str,
    pictures: Sequence[str],
) -> str:
    """The text of README.md; ``reports`` as of ``report.report``, ``pictures`` files beside it."""
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
    rows += [f"![{picture.removesuffix('.png')}]({picture})\n" for picture in pictures]
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
