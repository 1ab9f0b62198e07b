"""Two reports on the same made-up rows."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.data.examples import Example
from adapters.measuring import report
from adapters.measuring.evaluate import Answers
from service.ner.types import Entity
from tests.conftest import ADAPTER

TEXT = "浙商银行的叶老桂在北京"
BANK, NAME, PLACE = Entity("company", 0, 4), Entity("name", 5, 8), Entity("地址", 9, 11)
GOLD = [Example(TEXT, (BANK, NAME, PLACE))] * 10 + [Example(TEXT[:8], (BANK, NAME))] * 10


def answers(predicted: Sequence[Example]) -> Answers:
    """As of a service."""
    return Answers(ADAPTER, "grounded", tuple(predicted), {"overlap": 2}, 1, 200, 4.0)


def scored(entity: Entity, score: float) -> Entity:
    """The entity, as sure as this."""
    return Entity(entity.label, entity.start, entity.end, score)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """A report, as it is read from its file: right, wrong label, missed, spurious; scores."""
    predicted = []
    for place, gold in enumerate(GOLD):
        name = scored(NAME, 0.9) if place % 4 else scored(Entity("company", 5, 8), 0.4)
        spurious = (Entity("company", 4, 6, 0.2),) if place == 3 else ()
        predicted.append(Example(gold.text, (scored(BANK, 0.95), *spurious, name)))
    return dict(json.loads(json.dumps(report.report(GOLD, answers(predicted), "made up"))))


@pytest.fixture(scope="module")
def worse() -> dict[str, Any]:
    """A report on the same rows: only the banks are found."""
    return report.report(GOLD, answers([Example(one.text, (BANK,)) for one in GOLD]), "made up")
