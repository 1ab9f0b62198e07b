"""Through a real gateway in front of a scripted engine."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Send

from adapters.data.augment import restricted
from adapters.data.examples import Example, overlapping
from adapters.measuring import report, report_text
from adapters.measuring.evaluate import ask
from adapters.measuring.live_service import EvaluationError, Service
from adapters.measuring.score import Counts, score
from deploy.report.comparison import same_rows
from service.models.manifest import load
from service.ner.types import Entity, Label, Overlaps
from tests.conftest import ADAPTER, BASE, Gateway, running
from tests.support.fake_engine import completes, fails
from tests.support.serving import free_port, serving

GOLD = [
    Example("浙商银行的叶老桂", (Entity("company", 0, 4), Entity("name", 5, 8))),
    Example("没有", ()),
    Example("叶老桂说叶老桂", (Entity("name", 0, 3), Entity("name", 4, 7))),
]
TEXTS = [example.text for example in GOLD]


async def _knows_one_name(body: dict[str, Any], receive: Receive, send: Send) -> None:
    text = body["messages"][-1]["content"]
    found = "姓名：叶老桂\n姓名：张三" if "叶老桂" in text else "无"
    await completes(found)(body, receive, send)


def test_every_sentence_is_asked_and_scored_in_order(gateway: Gateway, adapters: Path) -> None:
    gateway.engine.script = _knows_one_name
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


@pytest.mark.slow
def test_a_full_gateway_is_asked_again(adapters: Path) -> None:
    with running(adapters, max_in_flight=1) as gateway:
        gateway.engine.script = _knows_one_name
        answers = ask(Service(gateway.url, concurrency=3), TEXTS)
    assert [len(example.entities) for example in answers.predicted] == [1, 0, 2]


def test_an_error_of_the_service_ends_the_evaluation(gateway: Gateway) -> None:
    gateway.engine.script = fails(500, {"error": {"message": "a fault"}})
    with pytest.raises(EvaluationError, match=r"/extract answered 502: the engine answered"):
        ask(Service(gateway.url), TEXTS)


def test_an_engine_that_is_back_soon_does_not_end_it(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(_: float) -> None:
        gateway.engine.script = _knows_one_name

    gateway.engine.script = fails(503, {"error": {"message": "starting"}})
    monkeypatch.setattr("adapters.measuring.live_service.sleep", at_once)
    answers = ask(Service(gateway.url, concurrency=1), TEXTS)
    assert [len(example.entities) for example in answers.predicted] == [1, 0, 2]


def test_a_service_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(EvaluationError, match=f"no gateway answers at {url}"):
        ask(Service(url), TEXTS)


@pytest.mark.parametrize("said", ["<p>hello</p>", "[]", "{}"])
def test_what_is_no_gateway_is_named(said: str) -> None:
    """It may answer all that it is asked."""
    with (
        serving(PlainTextResponse(said)) as url,
        pytest.raises(EvaluationError, match=f"what answers at {url} is not a Nerve gateway"),
    ):
        ask(Service(url), TEXTS)


def test_a_refusal_is_told_in_the_gateways_words(gateway: Gateway) -> None:
    """Without the JSON around them."""
    with pytest.raises(EvaluationError, match=r"answered 404: model has 'x'; expected one of"):
        ask(Service(gateway.url, model="x"), TEXTS)


def test_a_report_holds_the_figures_and_none_of_the_data(gateway: Gateway, tmp_path: Path) -> None:
    gateway.engine.script = _knows_one_name
    found = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    path = tmp_path / "report.json"
    report.save(found, path)
    kept = report.load(path)
    assert kept == json.loads(json.dumps(found))
    assert not any(text in path.read_text(encoding="utf-8") for text in TEXTS)
    assert kept["text"]["micro"] == {"precision": 1.0, "recall": 0.66667, "f1": 0.8, "support": 3}
    assert kept["errors"] == {
        "boundary": 0,
        "label": 0,
        "both": 0,
        "spurious": 0,
        "missed": 1,
        "dropped": 2,
    }
    assert [len(example.entities) for example in report.predictions(kept, GOLD)] == [1, 0, 2]


def test_the_table_has_a_row_a_label_and_two_more(gateway: Gateway) -> None:
    gateway.engine.script = _knows_one_name
    found = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(report_text.table(found, "text"))
    shown = console.export_text()
    for word in ("label", "support", "company", "name", "micro", "macro", "0.8000"):
        assert word in shown


def test_two_reports_are_compared_sentence_by_sentence(gateway: Gateway) -> None:
    old = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    gateway.engine.script = _knows_one_name
    new = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    assert report.difference(GOLD, old, new).f1 == pytest.approx(0.8)
    assert [one.gold.text for one in report.changed(GOLD, old, new)] == [TEXTS[0], TEXTS[2]]


def test_a_text_without_one_of_its_parts_ends_the_evaluation(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that failed is no part without entities; asked once more, it may be there."""

    async def half(body: dict[str, Any], receive: Receive, send: Send) -> None:
        broken = "坏" in body["messages"][-1]["content"]
        script = fails(500, {"error": {"message": "a fault"}}) if broken else completes("无")
        await script(body, receive, send)

    async def at_once(_: float) -> None:
        pass

    monkeypatch.setattr("adapters.measuring.live_service.sleep", at_once)
    gateway.engine.script = half
    long = "好。" * 200 + "坏。" * 200
    with pytest.raises(
        EvaluationError, match=r"did not answer for \[256, \d+\) of a text: the engine"
    ):
        ask(Service(gateway.url), [long])


@pytest.mark.parametrize("first", ["01234567", None])
def test_weights_that_are_replaced_meanwhile_end_the_evaluation(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, first: str | None
) -> None:
    """Else the report would be of two; where they could not be listed at first, nothing is said."""
    listed = iter(({ADAPTER: first}, {ADAPTER: "89abcdef"}))

    async def weights(*_: object) -> dict[str, str | None]:
        return dict(next(listed))

    monkeypatch.setattr("adapters.measuring.live_service.weights", weights)
    gateway.engine.script = _knows_one_name
    if first is None:
        assert ask(Service(gateway.url), TEXTS).weights == "89abcdef"
    else:
        with pytest.raises(EvaluationError, match="01234567 before, 89abcdef now; measure once"):
            ask(Service(gateway.url), TEXTS)


def test_reports_with_other_labels_are_not_compared(gateway: Gateway) -> None:
    """Gold was cut down to the labels asked for, so one sentence has two golds."""
    gateway.engine.script = _knows_one_name
    whole = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    cut = [restricted(example, [Label("name", "name")]) for example in GOLD]
    answers = ask(Service(gateway.url, labels=(Label("name", "name"),)), TEXTS)
    names = report.report(cut, answers, "three sentences")
    assert (whole["labels"], names["labels"]) == ([], ["name"])
    with pytest.raises(report.ReportError, match=r"with other labels \(name\), or the data"):
        report.difference(GOLD, names, whole)
    with pytest.raises(report.ReportError, match="with different labels"):
        same_rows(names, whole)


def test_reports_on_other_sentences_are_not_compared(gateway: Gateway) -> None:
    found = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    with pytest.raises(report.ReportError, match="was made on other sentences"):
        report.difference(GOLD[:2], found, found)


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_another_file_is_not_a_report(content: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(report.ReportError, match=str(path)):
        report.load(path)
