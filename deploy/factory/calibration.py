"""A calibration: what is observed, by asking or in reports, fitted by the trainer's Python."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adapters.calibrating import files as adapter_files
from adapters.calibrating.observed import Observed, save
from adapters.calibrating.sentences import (
    CalibrateError,
    Sentence,
    check,
    observe,
    of_report,
)
from adapters.data.examples import Example
from adapters.measuring import report as reports
from adapters.measuring.live_service import EvaluationError, Service
from adapters.measuring.report import asked
from deploy.factory.trainer import TrainerFailed, run
from service.models.manifest import Adapter
from service.ner.types import Constraint


def asked_with(
    adapter: Adapter,
    service: Service,
    gold: Sequence[Example],
    split: str,
    biases: Sequence[float],
) -> Observed:
    """What is observed with each bias and with none; or with the adapter's own. Raises
    EvaluationError, CalibrateError."""
    if biases:
        _check_choice(service.constraint)
    return {
        bias: _observed(adapter, replace(service, end_bias=bias), gold, split)
        for bias in dict.fromkeys([0.0, *biases] if biases else [None])
    }


def _observed(
    adapter: Adapter, service: Service, gold: Sequence[Example], split: str
) -> list[Sentence]:
    """Ask; raises EvaluationError, also when something else answers than ``adapter``."""
    answers = asked(service, gold, split)
    _check(adapter, service.url, answers.model, answers.weights)
    return observe(gold, answers.predicted)


def reported(
    adapter: Adapter, constraint: Constraint, files: Sequence[Path]
) -> tuple[Observed, str]:
    """What was observed in reports, and what their rows are called; raises ReportError,
    EvaluationError, CalibrateError, also when biases were not all tried on the same rows."""
    observed: dict[float | None, list[Sentence]] = {}
    rows: dict[float | None, list[_Rows]] = {}
    loaded = [reports.load(file) for file in files]
    is_tried = any(found.get("end_bias") is not None for found in loaded)
    if is_tried:
        _check_choice(constraint)
    for file, found in zip(files, loaded, strict=True):
        _check_report(adapter, constraint, file, found)
        bias = found.get("end_bias")
        if bias is None and is_tried:
            bias = adapter.decoding.end_bias
        observed.setdefault(bias, []).extend(of_report(found))
        rows.setdefault(bias, []).append(_Rows.of(found))
        if rows[bias].count(rows[bias][-1]) > 1:
            raise CalibrateError(f"{file}: these rows are in another report, too; expected others")
    _check_biases(rows)
    for sentences in observed.values():
        check(sentences)
    return observed, "; ".join(one.called for one in next(iter(rows.values())))


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a report's rows are ``called``, and what tells them from others: the labels that were
    asked for, the texts and how much gold each has."""

    called: str = field(compare=False)
    labels: tuple[str, ...]
    texts: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "_Rows":
        texts = ((row["text"], row["counts"]["span"][2]) for row in found["predicted"])
        called = f"{found['split']}, {found['sentences']} rows"
        return cls(called, tuple(found.get("labels", ())), tuple(texts))


def _check_report(
    adapter: Adapter, constraint: Constraint, file: Path, found: Mapping[str, Any]
) -> None:
    """Raises EvaluationError, CalibrateError for one that was not asked as requests are."""
    _check(adapter, str(file), found["model"], found.get("weights"))
    for option, expected in (("constraint", constraint), ("overlaps", "longest")):
        if (was := found.get(option, "longest")) != expected:
            raise CalibrateError(f"{file} is of {option} {was}; expected {expected}")


def _check_choice(constraint: Constraint) -> None:
    """``[decoding]`` is one table for all constraints; raises CalibrateError for another's."""
    if constraint != "grounded":
        raise CalibrateError(
            "a bias is chosen for requests that do not say, which are grounded; expected none "
            f"with --constraint {constraint}"
        )


def _check_biases(rows: Mapping[float | None, Sequence[_Rows]]) -> None:
    """Raises CalibrateError for reports of which no bias can be chosen."""
    if None not in rows and 0.0 not in rows:
        raise CalibrateError("no report is of --end-bias 0; expected one, to compare with")
    if len({tuple(reported) for reported in rows.values()}) > 1:
        which = "; ".join(
            f"{bias}: {', '.join(one.called for one in reported)}"
            for bias, reported in rows.items()
        )
        raise CalibrateError(f"the biases were tried on other rows ({which}); expected the same")


def _check(adapter: Adapter, where: str, model: str, weights: str | None) -> None:
    if model != adapter.name:
        raise EvaluationError(f"{where} answered as {model}; expected {adapter.name}")
    if weights not in (None, adapter.version):
        raise EvaluationError(
            f"{where} answered with the weights {weights}; expected "
            f"{adapter.version}, those in {adapter.folder}"
        )


def put(
    python: Path,
    adapter: Adapter,
    constraint: Constraint,
    observed: Observed,
    split: str,
) -> dict[str, Any]:
    """Fit, and put the calibration into the adapter's folder; raises TrainerFailed."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder)
        result = _fitted(python, observed, drawn, constraint)
        adapter_files.put(adapter, constraint, result, split, drawn)
    return result


def _fitted(
    python: Path, observed: Observed, folder: Path, constraint: Constraint
) -> dict[str, Any]:
    """What the trainer's Python makes of them, its pictures in ``folder``; raises TrainerFailed."""
    seen, found = folder / "observed.json", folder / "found.json"
    save(observed, seen)
    if status := run(python, "calibrate", seen, found, folder, "--constraint", constraint):
        raise TrainerFailed(f"the calibration was not fitted (status {status})")
    result: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return result


def said(model: str, constraint: Constraint, found: Mapping[str, Any]) -> str:
    """What came of it, for people; ``found`` as of ``put``."""
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
    chosen = (
        f"end_bias {found['end_bias']:g}, min_score {found['min_score']:g}"
        if found["end_bias"] or found["min_score"]
        else "nothing"
    )
    return (
        f"\ntried end_bias {tried} with thresholds; chosen for requests that do not say: {chosen}\n"
        f"such a choice gains {found['gain']:+.4f} F1 (95 % from {low:+.4f} to {high:+.4f}) "
        "on rows that it was not made on"
    )
