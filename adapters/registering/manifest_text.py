"""The text of an adapter's manifest, ``adapter.toml``."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.recipe import Recipe
from adapters.registering.kept import Kept
from adapters.registering.toml_text import assignments
from adapters.training.work_folder import WEIGHTS
from service.ner.types import Label


def manifest_text(
    name: str, plan: Recipe, digest: str, reports: Sequence[Mapping[str, Any]], kept: Kept
) -> str:
    """Of adapter ``name`` as ``plan`` trains it; ``digest`` is the sha256 of its weights,
    ``reports`` as of ``report.report``."""
    about = {key: value for key, value in kept.about.items() if value}
    rows = [_adapter(name, plan, digest)]
    rows += ["[[labels]]\n" + _label(one) for one in plan.labels]
    rows += ["[data]\n" + assignments(about)]
    rows += ["[[evaluation]]\n" + _evaluation(found) for found in reports]
    rows += [
        f"[calibration.{one}]\n" + assignments(kept.calibrated[one]) for one in kept.calibrated
    ]
    rows += ["[decoding]\n" + assignments(kept.decoding)] if kept.decoding else []
    return "\n".join(rows)


def _adapter(name: str, plan: Recipe, digest: str) -> str:
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
    return assignments(fields | ({"open": True} if plan.sources else {}))


def _label(label: Label) -> str:
    fields = {"name": label.name, "written": label.written}
    return assignments(fields | ({"description": label.description} if label.description else {}))


def _evaluation(found: Mapping[str, Any]) -> str:
    fields = {
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
    return assignments(fields)
