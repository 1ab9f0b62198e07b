"""From a raw score to a confidence, and what was measured of that: a part of the manifest.

``[calibration.grounded]`` of ``adapter.toml`` holds for requests with that constraint. It is fitted
by ``nerve adapter calibrate`` (``adapters/calibrating``) and applied here; standard library only.
"""

import math
from dataclasses import dataclass
from typing import get_args

from service.models.toml_fields import Fields
from service.ner.types import Constraint

BETA = "beta"
# A raw score of 0 or 1 is one whose distance to it float32 did not keep.
LEAST = 1e-6

Parameters = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Called with a raw score, it gives the share of such entities that were right.

    Beta calibration (Kull, Silva Filho and Flach 2017): the logistic function of a·ln p −
    b·ln(1 − p) + c. ``entities`` it was fitted on, of ``sentences``; ``sha256`` of the adapter's
    weights, whose first digits it names. ``ece_before`` and ``ece_after``: the expected calibration
    error of raw and of calibrated scores, the latter out of fold. ``min_score`` gave the best
    micro-F1 on spans there, ``f1``; without a threshold it was ``f1_before``.
    """

    constraint: Constraint
    parameters: Parameters
    sha256: str
    split: str
    sentences: int
    entities: int
    date: str
    ece_before: float
    ece_after: float
    min_score: float
    f1: float
    f1_before: float

    def __call__(self, raw: float) -> float:
        """The confidence for a raw score, from 0 to 1; it never falls when the raw score rises."""
        return beta(self.parameters, raw)


def beta(parameters: Parameters, raw: float) -> float:
    """The beta calibration of ``raw``, both from 0 to 1."""
    rise, fall, shift = parameters
    inside = min(max(raw, LEAST), 1 - LEAST)
    exponent = rise * math.log(inside) - fall * math.log1p(-inside) + shift
    # Beyond these, floating point knows no difference to 0 or 1, or overflows.
    return 1 / (1 + math.exp(-min(max(exponent, -700.0), 700.0)))


def read(fields: Fields, sha256: str) -> tuple[Calibration, ...]:
    """The ``calibration`` of a manifest whose weights have ``sha256``; raises ManifestError."""
    tables = fields.values.get("calibration", {})
    if not isinstance(tables, dict) or not all(isinstance(one, dict) for one in tables.values()):
        raise fields.wrong("calibration", tables, "[calibration.CONSTRAINT] tables")
    known = get_args(Constraint)
    for name in tables:
        if name not in known:
            raise fields.wrong("calibration", name, f"tables named {', '.join(known)}")
    return tuple(
        _read(name, Fields(fields.path, table, f"calibration.{name}."), sha256)
        for name, table in tables.items()
    )


def _read(constraint: Constraint, table: Fields, sha256: str) -> Calibration:
    table.one_of("method", (BETA,))
    digits = table.text("sha256")
    if not sha256.startswith(digits):
        anew = "calibrate anew with `nerve adapter calibrate`, or take the table away"
        raise table.wrong("sha256", digits, f"that of the weights, {sha256[:8]!r}: {anew}")
    return Calibration(
        constraint=constraint,
        parameters=_parameters(table),
        sha256=digits,
        split=table.text("split"),
        sentences=table.positive("sentences"),
        entities=table.positive("entities"),
        date=table.text("date"),
        ece_before=table.ratio("ece_before"),
        ece_after=table.ratio("ece_after"),
        min_score=table.ratio("min_score"),
        f1=table.ratio("f1"),
        f1_before=table.ratio("f1_before"),
    )


def _parameters(table: Fields) -> Parameters:
    match table.values.get("parameters"):
        case [int() | float() as rise, int() | float() as fall, int() | float() as shift] if (
            rise >= 0 and fall >= 0 and math.isfinite(rise + fall + shift)
        ):
            return float(rise), float(fall), float(shift)
        case value:
            expected = "three numbers, the first two not below 0"
            raise table.wrong("parameters", value, expected)
