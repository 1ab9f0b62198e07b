"""An evaluation as data (JSON); and the comparison of two."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.data.examples import Example, overlapping
from adapters.measuring.confusion import confusion
from adapters.measuring.evaluate import Answers, ask
from adapters.measuring.kept_sentences import digest, figures, rows
from adapters.measuring.live_service import Service
from adapters.measuring.replacing import replacing
from adapters.measuring.score import Difference, Metric, by_sentence, compare, errors
from service.ner.types import Entity
from service.wire.wording import why_unusable

# What every report has had from the first on.
_KEYS = ("model", "constraint", "split", "date", "sentences", "text", "span", "predicted")


class ReportError(Exception):
    """A report that cannot be used: names the file and why."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A sentence that two systems answer differently, and what each found."""

    gold: Example
    old: Example
    new: Example


def measure(service: Service, gold: Sequence[Example], split: str) -> dict[str, Any]:
    """Ask the service for every sentence, with a progress bar, and report; see ``report``.

    Raises EvaluationError.
    """
    return report(gold, asked(service, gold, split), split)


def asked(service: Service, gold: Sequence[Example], split: str) -> Answers:
    """What the service says to every sentence, with a progress bar; raises EvaluationError."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(split, total=len(gold))
        texts = [example.text for example in gold]
        return ask(service, texts, lambda done: bar.update(task, completed=done))


def report(gold: Sequence[Example], answers: Answers, split: str) -> dict[str, Any]:
    """Everything that was measured, ready for JSON; ``split`` says which rows these are.

    Predictions are kept as places, with a digest of each text, so a report holds none of the data.
    """
    pairs = confusion(gold, answers.predicted)
    sentences = max(len(gold), 1)
    return {
        "model": answers.model,
        "weights": answers.weights,
        "constraint": answers.constraint,
        "labels": list(answers.labels),
        "scores": "raw" if answers.raw_scores else "calibrated",
        "overlaps": answers.overlaps,
        "end_bias": answers.end_bias,
        "overlapping": sum(map(overlapping, gold)),
        "split": split,
        "date": datetime.now(UTC).date().isoformat(),
        "sentences": len(gold),
        "text": figures(gold, answers.predicted, "text"),
        "span": figures(gold, answers.predicted, "span"),
        "errors": errors(gold, answers.predicted) | {"dropped": sum(answers.dropped.values())},
        "confusion": [[*pair, number] for pair, number in pairs.most_common()],
        "dropped": dict(answers.dropped),
        "truncated": answers.truncated,
        "sentences_per_second": round(sentences / answers.seconds, 3) if answers.seconds else None,
        "completion_tokens_per_sentence": round(answers.completion_tokens / sentences, 2),
        "predicted": rows(gold, answers.predicted),
    }


def save(found: Mapping[str, Any], path: Path) -> None:
    """Write a report as JSON, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, ensure_ascii=False, indent=1)
    with replacing(path) as file:
        file.write_text(text + "\n", encoding="utf-8")


def is_one(path: Path) -> bool:
    """Is there a report in this file?"""
    try:
        return bool(load(path))
    except ReportError:
        return False


def load(path: Path) -> dict[str, Any]:
    """Read a report; raises ReportError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ReportError(
            f"{path}: {why_unusable(exc)}; expected a report of `nerve adapter evaluate`"
        ) from exc
    if not isinstance(found, dict):
        raise ReportError(f"{path}: not a report of `nerve adapter evaluate`")
    missing = next((key for key in _KEYS if key not in found), None)
    if missing:
        raise ReportError(f"{path}: not a report of `nerve adapter evaluate`: {missing} is missing")
    return found


def predictions(found: Mapping[str, Any], gold: Sequence[Example]) -> list[Example]:
    """The predictions of a report; raises ReportError if it was made on other sentences, or on
    other entities of them."""
    kept, split = found["predicted"], found.get("split")
    if [row["text"] for row in kept] != [digest(example.text) for example in gold]:
        raise ReportError(f"the report on {split!r} was made on other sentences")
    wanted = by_sentence(gold, gold, "span")
    for row, counts in zip(kept, wanted, strict=True):
        if "counts" in row and row["counts"]["span"][2] != counts.gold:
            raise ReportError(
                f"the report on {split!r} was made with other labels ({_labels(found)}), or the "
                "data was changed since"
            )
    return [
        Example(example.text, tuple(Entity(*entity) for entity in row["entities"]))
        for row, example in zip(kept, gold, strict=True)
    ]


def _labels(found: Mapping[str, Any]) -> str:
    return ", ".join(found.get("labels", ())) or "all of the model's"


def difference(
    gold: Sequence[Example], old: Mapping[str, Any], new: Mapping[str, Any], metric: Metric = "text"
) -> Difference:
    """How much better ``new`` is, by the paired bootstrap; raises ReportError."""
    return compare(gold, predictions(old, gold), predictions(new, gold), metric)


def changed(
    gold: Sequence[Example], old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[Changed]:
    """The sentences that the two reports answer differently; raises ReportError."""
    sentences = zip(gold, predictions(old, gold), predictions(new, gold), strict=True)
    return [Changed(*row) for row in sentences if row[1] != row[2]]
