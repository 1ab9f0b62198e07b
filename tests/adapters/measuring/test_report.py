"""Reports of what a real gateway answers, in front of a scripted engine; and two compared."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from adapters.data.augment import restricted
from adapters.measuring import report, report_text
from adapters.measuring.evaluate import ask
from adapters.measuring.live_service import Service
from deploy.report.comparison import same_rows
from service.ner.types import Label
from tests.adapters.measuring.three_sentences import GOLD, TEXTS, knows_one_name
from tests.conftest import Gateway


def test_a_report_holds_the_figures_and_none_of_the_data(gateway: Gateway, tmp_path: Path) -> None:
    gateway.engine.script = knows_one_name
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
    gateway.engine.script = knows_one_name
    found = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(report_text.table(found, "text"))
    shown = console.export_text()
    for word in ("label", "support", "company", "name", "micro", "macro", "0.8000"):
        assert word in shown


def test_two_reports_are_compared_sentence_by_sentence(gateway: Gateway) -> None:
    old = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    gateway.engine.script = knows_one_name
    new = report.report(GOLD, ask(Service(gateway.url), TEXTS), "three sentences")
    assert report.difference(GOLD, old, new).f1 == pytest.approx(0.8)
    assert [one.gold.text for one in report.changed(GOLD, old, new)] == [TEXTS[0], TEXTS[2]]


def test_reports_with_other_labels_are_not_compared(gateway: Gateway) -> None:
    """Gold was cut down to the labels asked for, so one sentence has two golds."""
    gateway.engine.script = knows_one_name
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
