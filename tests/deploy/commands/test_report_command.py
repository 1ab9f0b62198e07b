"""``nerve adapter report``: the page has the report's figures, and nothing that could do harm."""

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from adapters.calibrating.calibrate import bins, error
from adapters.data.examples import Example
from adapters.measuring import report
from adapters.measuring.evaluate import Answers
from deploy.report.bars import METRICS
from deploy.report.comparison import changes, difference
from deploy.report.markup import shortened
from deploy.report.page import page
from deploy.report.training import read_log
from service.ner.types import Entity
from tests.conftest import ADAPTER, Gateway
from tests.deploy.adapter_cases import ROWS, knows_a_name, written
from tests.deploy.commands.test_cli import nerve

TEXT = "浙商银行的叶老桂在北京"
BANK, NAME, PLACE = Entity("company", 0, 4), Entity("name", 5, 8), Entity("地址", 9, 11)
GOLD = [Example(TEXT, (BANK, NAME, PLACE))] * 10 + [Example(TEXT[:8], (BANK, NAME))] * 10
HOSTILE = '<script>alert(1)</script>" onload="x'


class Page(HTMLParser):
    """What a browser would see: tags with attributes, the tables' rows, all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.in_cell:
            self.rows[-1][-1] += data

    def row(self, first: str) -> list[str]:
        """The first row of a table that begins so."""
        return next(row for row in self.rows if row[:1] == [first])


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


def test_the_tables_have_the_figures_of_the_report(found: dict[str, Any]) -> None:
    """Of every label, micro and macro, in both metrics, with intervals."""
    seen = Page(page(found))
    for name in ("company", "name", "地址", "micro"):
        cells = seen.row(name)[1:]
        for metric, part in (("text", cells[:5]), ("span", cells[5:])):
            row = found[metric]["labels"].get(name) or found[metric][name]
            low, high = row.get("interval") or found[metric]["interval"]
            ratios = [f"{row[key]:.4f}" for key in ("precision", "recall", "f1")]
            assert part == [str(row["support"]), *ratios, f"{low:.3f}–{high:.3f}"]
    assert seen.row("macro")[4] == f"{found['text']['macro']['f1']:.4f}"
    for class_, number in found["errors"].items():
        assert [class_, str(number)] in [row[:2] for row in seen.rows]
    assert "overlap 2" in seen.text
    assert "Truncated completions: 1" in seen.text


def test_a_bar_is_as_long_as_its_f1(found: dict[str, Any]) -> None:
    """All of them against the longest."""
    rects = [one for tag, one in Page(page(found)).tags if tag == "rect"]
    lengths: dict[str, list[float]] = {"text": [], "span": []}
    for rect in rects:
        lengths[str(rect["class"])].append(float(rect["width"] or 0))
    names = ["company", "name", "地址"]
    for metric, drawn in lengths.items():
        rows = [found[metric]["labels"][name] for name in names]
        wanted = [row["f1"] for row in (*rows, found[metric]["micro"], found[metric]["macro"])]
        assert drawn == pytest.approx([f1 * max(drawn) / max(wanted) for f1 in wanted], abs=0.1)


def test_the_confusion_matrix_adds_up_to_gold_and_predicted(found: dict[str, Any]) -> None:
    """Rows are gold, columns predicted; the last of each is nothing."""
    seen = Page(page(found))
    head = ["", "company", "name", "地址", "nothing"]
    start = seen.rows.index(head)
    table = {row[0]: row[1:] for row in seen.rows[start + 1 : start + 5]}
    assert table == {
        "company": ["20", "", "", ""],
        "name": ["5", "15", "", ""],
        "地址": ["", "", "", "10"],
        "nothing": ["1", "", "", ""],
    }


def test_scores_are_measured_as_the_calibration_measures_them(found: dict[str, Any]) -> None:
    """Expected calibration error, and F1 without a threshold as in the report."""
    values = [0.95] * 20 + [0.9] * 15 + [0.4] * 5 + [0.2]
    right = [True] * 35 + [False] * 6
    seen = Page(page(found))
    assert "41 of 41 entities have one. Expected calibration error, in bins" in seen.text
    assert f"{error(bins(values, right)):.4f}" in seen.text
    assert f"{found['span']['micro']['f1']:.4f} without" in seen.text
    assert "with min_score 0.9," in seen.text


def test_without_scores_and_log_the_page_says_so(worse: dict[str, Any]) -> None:
    """And what brings them."""
    seen = Page(page(worse))
    assert "The entities have no scores" in seen.text
    assert "There is no training log" in seen.text


def test_the_comparison_has_the_paired_difference(
    found: dict[str, Any], worse: dict[str, Any]
) -> None:
    """As `nerve adapter compare` has it, without the rows; and what changed."""
    seen = Page(page(found, worse))
    for metric in METRICS:
        one = report.difference(GOLD, worse, found, metric)
        assert difference(worse, found, metric) == one
        low, high = one.interval
        assert f"{one.f1:+.4f} ({low:+.4f} to {high:+.4f})" in seen.text
    assert seen.row("answered differently") == ["answered differently", "20"]
    assert seen.row("more entities right") == ["more entities right", "15"]
    assert seen.row("fewer entities right") == ["fewer entities right", "0"]
    assert seen.row("only the old") == ["only the old", "0", "0"]
    assert seen.row("only the new") == ["only the new", "15", "6"]
    assert changes(found, worse).worse == 15


def test_reports_on_other_rows_are_not_compared(found: dict[str, Any]) -> None:
    """Nor older ones, which have no counts."""
    other = report.report(GOLD[:3], answers(GOLD[:3]), "three")
    with pytest.raises(report.ReportError, match="made on different sentences"):
        page(found, other)
    rows = [{key: row[key] for key in ("text", "entities")} for row in found["predicted"]]
    with pytest.raises(report.ReportError, match="has no counts: evaluate once more"):
        page(found, found | {"predicted": rows})


def test_an_older_report_is_shown_as_far_as_it_goes(found: dict[str, Any]) -> None:
    """Without intervals by label, confusion and scores."""
    older = {key: value for key, value in found.items() if key != "confusion"}
    older["predicted"] = [{"text": row["text"], "entities": []} for row in found["predicted"]]
    older["span"] = found["span"] | {"labels": {"name": found["span"]["micro"]}}
    seen = Page(page(older))
    assert "This report is older than the confusion matrix" in seen.text
    assert seen.row("name")[6:] == [*seen.row("micro")[6:10], ""]


def test_the_training_curve_is_that_of_the_log(found: dict[str, Any], tmp_path: Path) -> None:
    """The last validation loss is named; a point for each."""
    log = tmp_path / "log.jsonl"
    rows = [{"step": step, "loss": 2.0 / step} for step in range(1, 101)]
    rows[49]["validation_loss"], rows[99]["validation_loss"] = 0.5, 0.25
    log.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    text = page(found, log=read_log(log))
    assert "the validation loss 0.2500 at step 100" in Page(text).text
    assert re.findall(r"<title>step (\d+): ([\d.]+)</title>", text) == [
        ("50", "0.5000"),
        ("100", "0.2500"),
    ]
    curves = [one for tag, one in Page(text).tags if one.get("class") == "faint"]
    points = str(curves[-1]["points"]).split()
    assert len(points) == 100
    assert float(points[0].split(",")[1]) < float(points[-1].split(",")[1]), "it falls"


@pytest.mark.parametrize("content", ["no JSON", '{"step": 1}\n', "[1]\n", '{"step": 1, "loss": 0}'])
def test_another_file_is_not_a_log(content: str, tmp_path: Path) -> None:
    """It is named."""
    log = tmp_path / "log.jsonl"
    log.write_text(content, encoding="utf-8")
    with pytest.raises(report.ReportError, match=str(log)):
        read_log(log)


def test_hostile_names_are_text(found: dict[str, Any]) -> None:
    """Of labels, the model and the split; and half a surrogate pair."""
    text = json.dumps(found).replace('"company"', json.dumps(HOSTILE))
    hostile = json.loads(text) | {"model": HOSTILE, "split": "<img src=x onerror=y>\udc80"}
    written = page(hostile, hostile, [])
    written.encode("utf-8")
    seen = Page(written)
    allowed = {"html", "head", "meta", "title", "style", "body", "header", "section", "h1", "h2"}
    allowed |= {"p", "dl", "div", "dt", "dd", "small", "span", "i", "figure", "table", "thead"}
    allowed |= {"tbody", "tr", "th", "td", "svg", "g", "text", "line", "rect", "circle", "polyline"}
    assert {tag for tag, _ in seen.tags} <= allowed
    assert not [key for _, one in seen.tags for key in one if key.startswith("on")]
    assert HOSTILE in seen.text


def test_the_page_asks_nobody(found: dict[str, Any]) -> None:
    """No address in it, no script, and a policy that would forbid both."""
    written = page(found, found)
    seen = Page(written)
    assert not [key for _, one in seen.tags for key in one if key in ("src", "href", "srcset")]
    assert not re.search(r"https?:|url\(|@import|//", written)
    policy = [one["content"] for tag, one in seen.tags if "http-equiv" in one]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


@pytest.mark.parametrize("broken", [{"predicted": []}, {"predicted": [1], "text": {}}])
def test_another_file_is_not_a_report(broken: dict[str, Any]) -> None:
    """Said as such, without a traceback."""
    with pytest.raises(report.ReportError, match="not a report"):
        page(broken)


def test_the_command_writes_a_page_beside_the_report(gateway: Gateway, tmp_path: Path) -> None:
    """With the log of the adapter's folder; status 1 where the rows are others."""
    rows = str(written(tmp_path / "rows.json", ROWS))
    gateway.engine.script = knows_a_name
    asked = ("adapter", "evaluate", rows, "--url", gateway.url, "--out")
    good, few = str(tmp_path / "good.json"), str(tmp_path / "few.json")
    assert nerve(*asked, good).exit_code == 0
    assert nerve(*asked, few, "--rows", "1").exit_code == 0
    folder = tmp_path / "adapters" / ADAPTER
    folder.mkdir(parents=True)
    log = '{"step": 1, "loss": 2}\n{"step": 2, "loss": 1, "validation_loss": 0.75}\n'
    (folder / "log.jsonl").write_text(log, encoding="utf-8")
    env = {"NERVE_ADAPTERS": str(folder.parent)}
    shown = nerve("adapter", "report", good, "--compare", good, env=env)
    assert (shown.exit_code, shown.stdout) == (0, f"{tmp_path / 'good.html'}\n"), shown.output
    text = Page((tmp_path / "good.html").read_text(encoding="utf-8")).text
    assert "validation loss 0.7500 at step 2" in text
    assert "+0.0000 (+0.0000 to +0.0000)" in text
    other = nerve("adapter", "report", good, "--compare", few, "--out", str(tmp_path / "x.html"))
    assert (other.exit_code, "made on different sentences" in other.stderr) == (1, True)
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("address", "address"),
        ("有限责任公司", "有限责任公司"),
        ("x" * 24, "x" * 24),
        ("x" * 25, "x" * 23 + "…"),
        ("有限责任公司以及其他各种企业", "有限责任公司以及其他各…"),
    ],
)
def test_a_long_name_is_cut_to_what_fits(name: str, shown: str) -> None:
    """A Chinese character takes the room of two."""
    assert shortened(name) == shown
