"""What was observed of each sentence: raw scores, and which of the entities are right.

An entity is right when label and place are gold's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.data.examples import Example

# Sentences are in so many parts, each judged by what was fitted on the others.
FOLDS = 5
# Fewer say nothing about how often such entities are right.
LEAST_OF_EACH = 10


class CalibrateError(Exception):
    """The rows do not show how sure the model is: says what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """How many entities are gold; and of those found, the raw score and whether it is right."""

    gold: int
    found: tuple[tuple[float, bool], ...]


def observe(gold: Sequence[Example], predicted: Sequence[Example]) -> list[Sentence]:
    """What a service's raw scores are worth; both in the same order. Raises CalibrateError."""
    sentences = []
    for want, have in zip(gold, predicted, strict=True):
        right = set(want.entities)
        known = ((entity, entity.score) for entity in have.entities)
        found = tuple((score, entity in right) for entity, score in known if score is not None)
        sentences.append(Sentence(len(right), found))
    _check_scored(sentences, sum(len(example.entities) for example in predicted))
    check(sentences)
    return sentences


def of_report(report: Mapping[str, Any]) -> list[Sentence]:
    """As ``observe``, of a report of ``nerve adapter evaluate --raw-scores``; raises
    CalibrateError, for one with other scores too."""
    if report.get("scores") != "raw":
        raise CalibrateError(
            f"the report on {report['split']} has no raw scores; expected one of "
            "`nerve adapter evaluate --raw-scores`"
        )
    sentences = []
    for row in report["predicted"]:
        scored = zip(row["entities"], row["right"], strict=True)
        found = tuple((entity[3], right) for entity, right in scored if len(entity) > 3)
        sentences.append(Sentence(row["counts"]["span"][2], found))
    _check_scored(sentences, sum(len(row["entities"]) for row in report["predicted"]))
    return sentences


def check(sentences: Sequence[Sentence]) -> None:
    """Raises CalibrateError when there is too little to fit on."""
    seen = [was for one in sentences for _, was in one.found]
    right = sum(seen)
    if min(right, len(seen) - right) < LEAST_OF_EACH:
        raise CalibrateError(
            f"{right} right and {len(seen) - right} wrong entities were found; "
            f"expected {LEAST_OF_EACH} of each or more: take more rows"
        )
    for kind, name in ((True, "right"), (False, "wrong")):
        # Each fold is fitted on the others, which must have some of both.
        folds = {
            place % FOLDS
            for place, one in enumerate(sentences)
            if any(was is kind for _, was in one.found)
        }
        if len(folds) < 2:
            raise CalibrateError(
                f"the {name} entities are all in one of {FOLDS} parts of the sentences; expected "
                "them in more: take more rows"
            )


def _check_scored(sentences: Sequence[Sentence], found: int) -> None:
    scored = sum(len(one.found) for one in sentences)
    if scored < found:
        # Some without is a fault of the engine's answers; to fit on the others would be a choice.
        raise CalibrateError(
            f"{found - scored} of {found} entities came without a raw score; "
            "expected one for each: does the engine tell log-probabilities?"
        )
