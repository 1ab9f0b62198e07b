"""Through a real gateway in front of a scripted engine."""

from pathlib import Path

import pytest

from adapters.data.examples import Example, overlapping
from adapters.measuring import report, report_text
from adapters.measuring.evaluate import ask
from adapters.measuring.live_service import (
    Service,
)
from adapters.measuring.score import Counts, score
from service.models.manifest import load
from service.ner.types import Entity, Label, Overlaps
from tests.adapters.measuring.three_sentences import GOLD, TEXTS, knows_one_name
from tests.conftest import ADAPTER, BASE, Gateway
from tests.support.fake_engine import completes


def test_every_sentence_is_asked_and_scored_in_order(gateway: Gateway, adapters: Path) -> None:
    gateway.engine.script = knows_one_name
    heard: list[int] = []
    answers = ask(Service(gateway.url, concurrency=2), TEXTS, heard.append)
    assert sorted(heard) == [1, 2, 3]
    assert [example.text for example in answers.predicted] == TEXTS
    assert score(GOLD, answers.predicted, "span").micro == Counts(3, 3, 4)
    assert (answers.model, answers.dropped) == (ADAPTER, {"not_in_text": 2})
    assert answers.completion_tokens == 45
    assert answers.weights == load(adapters / ADAPTER).version


def test_labels_go_with_what_is_said_of_them(gateway: Gateway) -> None:
    gateway.engine.script = completes("[]")
    said = (Label("药物", "药物", "a medicine"), Label("症状", "症状"))
    ask(Service(gateway.url, model=BASE, labels=said), TEXTS[:1])
    ask(Service(gateway.url, model=BASE, labels=(Label("药物", "药物"),)), TEXTS[:1])
    first, second = (asked["messages"][0]["content"] for asked in gateway.engine.asked)
    assert "- 药物: a medicine\n- 症状\n" in first
    assert "- 药物\n" in second


def test_answers_have_the_names_of_labels_that_are_asked_for_by_another(gateway: Gateway) -> None:
    """The gold has ids; the model is asked for what people call them."""
    gateway.engine.script = completes('[{"label": "人物", "text": "叶老桂"}]')
    labels = (Label("PER", "人物", "人名"),)
    answers = ask(Service(gateway.url, model=BASE, labels=labels), TEXTS[:1])
    assert answers.predicted[0].entities == (Entity("PER", 5, 8),)
    assert answers.labels == ("PER",)


def test_nested_gold_is_scored(gateway: Gateway) -> None:
    """What was not asked for counts as missed, and the report says why."""
    gateway.engine.script = completes("公司：北京大学\n姓名：北京")
    gold = [Example("北京大学", (Entity("name", 0, 2), Entity("company", 0, 4)))]
    cases: list[tuple[Overlaps, int, str]]
    cases = [("longest", 1, "not asked for"), ("all", 2, "were asked for")]
    for overlaps, right, says in cases:
        service = Service(gateway.url, overlaps=overlaps)
        found = report.report(gold, ask(service, ["北京大学"]), "nested")
        assert found["span"]["micro"]["recall"] == right / 2
        assert found["text"]["micro"]["recall"] == right / 2
        assert (found["overlaps"], found["overlapping"]) == (overlaps, 2)
        assert says in report_text.summary(found)
    assert "nested" not in report_text.summary(report.report(GOLD, ask(service, TEXTS), "apart"))


@pytest.mark.parametrize(
    ("spans", "number"),
    [
        ([(0, 2), (2, 4)], 0),
        ([(0, 4), (1, 2), (3, 6), (6, 7)], 3),
        ([(0, 3), (1, 9), (2, 4), (5, 6)], 4),
        ([(0, 2), (0, 2)], 2),
    ],
)
def test_overlapping_gold_is_counted(spans: list[tuple[int, int]], number: int) -> None:
    entities = (Entity(str(place), *span) for place, span in enumerate(spans))
    assert overlapping(Example("甲" * 9, tuple(entities))) == number
