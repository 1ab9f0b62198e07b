"""The page has the report's figures, and nothing that could do harm."""

import json
import re
from typing import Any

import pytest

from adapters.calibrating.calibrate import bins, error
from adapters.measuring import report
from deploy.report.bars import METRICS
from deploy.report.comparison import changes, difference
from deploy.report.markup import shortened
from deploy.report.page import page
from tests.deploy.report.conftest import GOLD, answers
from tests.deploy.report.seen import Page

HOSTILE = '<script>alert(1)</script>" onload="x'


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
