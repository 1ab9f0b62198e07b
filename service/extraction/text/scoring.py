"""Whether the entities of a request get scores, which ones, and which of them are good enough."""

from dataclasses import dataclass

from service.engine.completion import Completion
from service.errors import InvalidRequest
from service.models.calibration import Calibration
from service.models.registry import Served
from service.ner.score import raw_scores
from service.ner.types import Constraint, Decoded
from service.wire.requests import Options


@dataclass(frozen=True, slots=True)
class Scoring:
    """``calibration`` makes raw scores confidences; without one they stay raw. Entities below
    ``min_score``, and those whose score is not known, are dropped when it is above 0."""

    calibration: Calibration | None
    min_score: float

    def scores(self, completion: Completion, decoded: Decoded) -> list[float | None] | None:
        """One for each mention, None where the engine's tokens do not tell it; None for all when
        the format does not tell where the mentions stand."""
        if completion.tokens is None or len(decoded.places) != len(decoded.mentions):
            return None
        raw = raw_scores(completion.text, completion.tokens, decoded.places)
        return [self.score(one) for one in raw]

    def score(self, raw: float | None) -> float | None:
        """The score that a raw one becomes."""
        if raw is None or self.calibration is None:
            return raw
        # More digits than mean anything; raw ones are to be fitted on, so they keep theirs.
        return round(self.calibration(raw), 4)

    def is_good(self, score: float | None) -> bool:
        """Is an entity of that score to be in the answer?"""
        return not self.min_score or (score is not None and score >= self.min_score)


def scoring(served: Served, options: Options) -> Scoring | None:
    """How ``options`` want ``served`` to be scored; None: not at all, since probabilities cost the
    engine time. Raises InvalidRequest for a ``min_score`` that has nothing to go by."""
    if options.scores == "raw":
        return Scoring(None, options.min_score or 0.0)
    calibration = calibration_of(served, options.constraint)
    if calibration is not None:
        least = options.min_score
        return Scoring(calibration, served.decoding.min_score if least is None else least)
    if options.min_score:
        raise InvalidRequest(
            f"min_score has {options.min_score}; expected 0, since {served.name} has no calibrated "
            f"scores with the constraint {options.constraint}",
            param="min_score",
        )
    return None


def end_bias(served: Served, options: Options) -> float:
    """How much more, or less, the answer is to end: the request's, else the model's. Raises
    InvalidRequest where something else than the model ends answers."""
    if options.end_bias is None:
        return served.decoding.end_bias
    if options.end_bias and served.format.EMPTY is None:
        raise InvalidRequest(
            f"end_bias has {options.end_bias:g}; expected 0, since the answers of {served.name} do "
            "not go on until it ends them",
            param="end_bias",
        )
    return options.end_bias


def calibration_of(served: Served, constraint: Constraint) -> Calibration | None:
    """What its manifest has for the constraint."""
    found = served.adapter.calibrations if served.adapter else ()
    return next((one for one in found if one.constraint == constraint), None)
