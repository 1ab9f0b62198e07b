"""``nerve adapter calibrate``: from the live service's raw scores to a table in the manifest."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy import GATEWAY_URL
from deploy.commands.measure_commands import (
    ConstraintOption,
    Gold,
    HeldOut,
    KindOption,
    Rows,
    SideBySide,
    Split,
)
from deploy.commands.options import HOME, Home, Url, clear_errors, settings
from deploy.credentials import api_key
from service.ner.types import Constraint

if TYPE_CHECKING:
    from adapters.calibrating.calibrate import Sentence
    from adapters.data.examples import Example
    from adapters.measuring.evaluate import Service
    from service.models.manifest import Adapter

calibrating = typer.Typer()


@calibrating.command()
def calibrate(
    data: Gold,
    model: Annotated[str, typer.Option(help="the adapter, as in the adapters folder")],
    kind: KindOption = "cluener",
    held_out: HeldOut = 0,
    rows: Rows = 0,
    split: Split = "",
    constraint: ConstraintOption = "grounded",
    url: Url = GATEWAY_URL,
    side_by_side: SideBySide = 16,
    home: Home = HOME,
) -> None:
    """Make an adapter's scores confidences: every row goes to POST /extract, for raw scores.

    Take rows that it was not trained on. The calibration goes into its manifest and on its card,
    with two pictures; a gateway that looks at the folder has it at once.
    """
    from adapters.measuring.evaluate import Service
    from deploy.factory.measure import gold_rows, split_name
    from deploy.factory.trainer import trainer_python
    from service.models.manifest import load

    with clear_errors():
        found = settings()
        adapter = load(found.adapters / model)
        gold = gold_rows(found, data, kind, held_out, rows, model=model)
        # Before the work, not after: what is missing is found out now.
        python = trainer_python(home, typer.echo)
        service = Service(
            *(url.rstrip("/"), model, constraint),
            side_by_side=side_by_side,
            api_key=api_key(),
            raw_scores=True,
        )
        result = _calibrated(python, adapter, service, gold, split or split_name(data, held_out))
        typer.echo(_said(model, constraint, result))


def _calibrated(
    python: Path, adapter: "Adapter", service: "Service", gold: Sequence["Example"], split: str
) -> dict[str, Any]:
    """Ask, fit, and put the calibration into the adapter's folder; raises EvaluationError."""
    from adapters.calibrating.calibrate import observe
    from adapters.calibrating.files import put
    from adapters.measuring.evaluate import EvaluationError
    from adapters.measuring.report import asked

    answers = asked(service, gold, split)
    if answers.model != adapter.name:
        raise EvaluationError(f"{service.url} answered as {answers.model}; expected {adapter.name}")
    if answers.weights not in (None, adapter.version):
        raise EvaluationError(
            f"{service.url} answered with the weights {answers.weights}; expected "
            f"{adapter.version}, those in {adapter.folder}"
        )
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder)
        sentences = observe(gold, answers.predicted)
        result = _fitted(python, sentences, drawn, service.constraint)
        put(adapter, service.constraint, result, split, drawn)
    return result


def _fitted(
    python: Path, sentences: Sequence["Sentence"], folder: Path, constraint: Constraint
) -> dict[str, Any]:
    """What the trainer's Python makes of them, its pictures in ``folder``; raises TrainerFailed."""
    from adapters.calibrating.stage import save
    from deploy.factory.trainer import TrainerFailed, run

    observed, found = folder / "observed.json", folder / "found.json"
    save(sentences, observed)
    if status := run(python, "calibrate", observed, found, folder, "--constraint", constraint):
        raise TrainerFailed(f"the calibration was not fitted (status {status})")
    result: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return result


def _said(model: str, constraint: Constraint, found: Mapping[str, Any]) -> str:
    return (
        f"{model}, {constraint}: {found['entities']} entities in {found['sentences']} sentences\n"
        f"expected calibration error: raw {found['ece_before']:.4f}, "
        f"calibrated {found['ece_after']:.4f} (out of fold)\n"
        f"best F1 (spans): {found['f1']:.4f} with min_score {found['min_score']:g}, "
        f"{found['f1_before']:.4f} without"
    )
