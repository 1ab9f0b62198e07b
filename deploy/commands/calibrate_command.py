"""``nerve adapter calibrate``: from the live service's raw scores to a table in the manifest."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy import GATEWAY_URL
from deploy.commands.measure_commands import (
    ConstraintOption,
    HeldOut,
    KindOption,
    LabelFile,
    Rows,
    SideBySide,
    Split,
    asked_labels,
)
from deploy.commands.options import HOME, Home, Url, clear_errors, settings
from deploy.credentials import api_key
from service.ner.types import Constraint

if TYPE_CHECKING:
    from adapters.calibrating.calibrate import Sentence
    from adapters.calibrating.observed import Observed
    from adapters.data.examples import Example
    from adapters.measuring.evaluate import Service
    from service.models.manifest import Adapter
    from service.ner.types import Label

calibrating = typer.Typer()


@calibrating.command()
def calibrate(
    model: Annotated[str, typer.Option(help="the adapter, as in the adapters folder")],
    data: Annotated[Path | None, typer.Argument(metavar="DATA", help="the labelled rows")] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(help="in place of DATA: of `evaluate --raw-scores`; repeatable"),
    ] = None,
    kind: KindOption = "auto",
    held_out: HeldOut = 0,
    rows: Rows = 0,
    split: Split = "",
    labels: LabelFile = None,
    constraint: ConstraintOption = "grounded",
    end_bias: Annotated[
        list[float] | None,
        typer.Option(
            min=-10, max=10, help="try this bias, and thresholds; the best go into the manifest"
        ),
    ] = None,
    url: Url = GATEWAY_URL,
    side_by_side: SideBySide = 16,
    home: Home = HOME,
) -> None:
    """Make an adapter's scores confidences: every row goes to POST /extract, for raw scores.

    Take rows that it was not trained on. The calibration goes into its manifest and on its card,
    with two pictures; a gateway that looks at the folder has it at once. Each --end-bias is asked
    for beside 0, and what finds most, with a threshold, becomes what requests get that do not say;
    nothing does if it gains nothing on rows that it was not chosen on.
    """
    from deploy.factory.measure import gold_rows, split_name
    from deploy.factory.trainer import trainer_python
    from service.models.manifest import load

    if (data is None) == (not report):
        raise typer.BadParameter("DATA and --report: expected one of them")
    if report and end_bias:
        raise typer.BadParameter("--end-bias with --report: a report has the bias of its own")
    with clear_errors():
        found = settings()
        adapter = load(found.adapters / model)
        # Before the work, not after: what is missing is found out now.
        python = trainer_python(home, typer.echo)
        if data is None:
            observed, splits = _reported(adapter, constraint, report or ())
            name = split or "; ".join(splits)
        else:
            asked = asked_labels(None, labels)
            gold = gold_rows(found, data, kind, held_out, rows, model=model, asked=asked)
            service = _service(url, model, constraint, asked, side_by_side)
            name = split or split_name(data, held_out)
            observed = _tried(adapter, service, gold, name, end_bias or ())
        result = _put(python, adapter, constraint, observed, name)
        typer.echo(_said(model, constraint, result))


def _service(
    url: str, model: str, constraint: Constraint, asked: tuple["Label", ...], side_by_side: int
) -> "Service":
    from adapters.measuring.evaluate import Service

    return Service(
        *(url.rstrip("/"), model, constraint, asked),
        side_by_side=side_by_side,
        api_key=api_key(),
        raw_scores=True,
    )


def _tried(
    adapter: "Adapter",
    service: "Service",
    gold: Sequence["Example"],
    split: str,
    biases: Sequence[float],
) -> "Observed":
    """What is observed with each bias and with none; or with the adapter's own."""
    return {
        bias: _observed(adapter, replace(service, end_bias=bias), gold, split)
        for bias in dict.fromkeys([0.0, *biases] if biases else [None])
    }


def _observed(
    adapter: "Adapter", service: "Service", gold: Sequence["Example"], split: str
) -> list["Sentence"]:
    """Ask; raises EvaluationError, also when something else answers than ``adapter``."""
    from adapters.calibrating.calibrate import observe
    from adapters.measuring.report import asked

    answers = asked(service, gold, split)
    _check(adapter, service.url, answers.model, answers.weights)
    return observe(gold, answers.predicted)


def _reported(
    adapter: "Adapter", constraint: Constraint, files: Sequence[Path]
) -> tuple["Observed", list[str]]:
    """What was observed in reports, and what their rows are called; raises ReportError,
    EvaluationError, CalibrateError, also when biases were not all tried on the same rows."""
    from adapters.calibrating.calibrate import CalibrateError, check
    from adapters.calibrating.calibrate import observed as observed_in
    from adapters.measuring import report as reports

    observed: dict[float | None, list[Sentence]] = {}
    splits: dict[float | None, list[str]] = {}
    loaded = [reports.load(file) for file in files]
    is_tried = any(found.get("end_bias") is not None for found in loaded)
    for file, found in zip(files, loaded, strict=True):
        _check(adapter, str(file), found["model"], found["weights"])
        if found["constraint"] != constraint:
            raise CalibrateError(f"{file} is of {found['constraint']}; expected {constraint}")
        bias = found.get("end_bias")
        if bias is None and is_tried:
            bias = adapter.decoding.end_bias
        observed.setdefault(bias, []).extend(observed_in(found))
        splits.setdefault(bias, []).append(f"{found['split']}, {found['sentences']} rows")
    _check_tried(splits)
    for sentences in observed.values():
        check(sentences)
    return observed, next(iter(splits.values()))


def _check_tried(splits: Mapping[float | None, Sequence[str]]) -> None:
    """Raises CalibrateError for reports of which no bias can be chosen."""
    from adapters.calibrating.calibrate import CalibrateError

    if None not in splits and 0.0 not in splits:
        raise CalibrateError("no report is of --end-bias 0; expected one, to compare with")
    if len({tuple(rows) for rows in splits.values()}) > 1:
        said = "; ".join(f"{bias}: {', '.join(rows)}" for bias, rows in splits.items())
        raise CalibrateError(f"the biases were tried on other rows ({said}); expected the same")


def _check(adapter: "Adapter", where: str, model: str, weights: str | None) -> None:
    from adapters.measuring.evaluate import EvaluationError

    if model != adapter.name:
        raise EvaluationError(f"{where} answered as {model}; expected {adapter.name}")
    if weights not in (None, adapter.version):
        raise EvaluationError(
            f"{where} answered with the weights {weights}; expected "
            f"{adapter.version}, those in {adapter.folder}"
        )


def _put(
    python: Path,
    adapter: "Adapter",
    constraint: Constraint,
    observed: "Observed",
    split: str,
) -> dict[str, Any]:
    """Fit, and put the calibration into the adapter's folder."""
    from adapters.calibrating.files import put

    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder)
        result = _fitted(python, observed, drawn, constraint)
        put(adapter, constraint, result, split, drawn)
    return result


def _fitted(
    python: Path, observed: "Observed", folder: Path, constraint: Constraint
) -> dict[str, Any]:
    """What the trainer's Python makes of them, its pictures in ``folder``; raises TrainerFailed."""
    from adapters.calibrating.observed import save
    from deploy.factory.trainer import TrainerFailed, run

    seen, found = folder / "observed.json", folder / "found.json"
    save(observed, seen)
    if status := run(python, "calibrate", seen, found, folder, "--constraint", constraint):
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
        f"{_chosen(found['chosen']) if 'chosen' in found else ''}"
    )


def _chosen(found: Mapping[str, Any]) -> str:
    tried = ", ".join(f"{bias:g}" for bias in found["tried"])
    low, high = found["interval"]
    put = (
        f"end_bias {found['end_bias']:g}, min_score {found['min_score']:g}"
        if found["end_bias"] or found["min_score"]
        else "nothing"
    )
    return (
        f"\ntried end_bias {tried} with thresholds; chosen for requests that do not say: {put}\n"
        f"such a choice gains {found['gain']:+.4f} F1 (95 % from {low:+.4f} to {high:+.4f}) "
        "on rows that it was not made on"
    )
