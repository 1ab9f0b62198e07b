"""Scores over HTTP: when there are any, whose they are, and what min_score makes of them."""

from typing import Any

import pytest

from tests.conftest import ADAPTER, BASE, Gateway, error_of
from tests.support.fake_engine import completes
from tests.support.scoring import surely

TEXT = "浙商银行的叶老桂，叶老桂"
WRITTEN = "公司：浙商银行\n姓名：叶老桂"
SURELY = surely(WRITTEN, {"浙": 0.4, "叶": 0.9}, end=0.5)


@pytest.fixture(autouse=True)
def sure(scored: Gateway) -> None:
    """The engine is sure of most."""
    scored.engine.script = SURELY


def scores(gateway: Gateway, **fields: object) -> list[tuple[str, Any]]:
    """Each entity's text and score."""
    found = gateway.extract(TEXT, **fields).raise_for_status().json()["entities"]
    return [(entity["text"], entity["score"]) for entity in found]


def test_entities_have_the_score_of_their_mention(scored: Gateway) -> None:
    """Every occurrence has it; behind the last surface stands the end, which counts."""
    assert scores(scored) == [("浙商银行", 0.4), ("叶老桂", 0.45), ("叶老桂", 0.45)]
    assert scored.engine.asked[-1]["logprobs"] is True


def test_a_repeated_mention_has_its_higher_score(scored: Gateway) -> None:
    """Merged, it is as sure as it was at its surest."""
    scored.engine.script = surely("姓名：叶老桂\n姓名：叶老桂", end=0.5)
    assert scores(scored) == [("叶老桂", 1.0), ("叶老桂", 1.0)]


def test_what_is_below_min_score_is_dropped(scored: Gateway) -> None:
    """Once a mention, however often it occurs; the answer says so."""
    answer = scored.extract(TEXT, min_score=0.42).json()
    assert [entity["text"] for entity in answer["entities"]] == ["叶老桂", "叶老桂"]
    assert answer["dropped"] == [
        {"label": "company", "text": "浙商银行", "reason": "below_min_score"}
    ]
    answer = scored.extract(TEXT, min_score=0.46).json()
    assert (len(answer["entities"]), len(answer["dropped"])) == (0, 2)


def test_what_is_below_min_score_takes_no_good_one_with_it(scored: Gateway) -> None:
    """The place is for the mention that is left."""
    scored.engine.script = surely("公司：浙商银行\n姓名：浙商", {"公": 0.1})
    answer = scored.extract(TEXT, min_score=0.3).json()
    assert [(e["label"], e["text"], e["start"]) for e in answer["entities"]] == [
        ("name", "浙商", 0)
    ]


def test_no_calibration_for_the_constraint_means_no_score(scored: Gateway) -> None:
    """Null, the engine is not asked, and min_score has nothing to go by."""
    assert scores(scored, constraint="none")[0] == ("浙商银行", None)
    assert "logprobs" not in scored.engine.asked[-1]
    refused = scored.extract(TEXT, constraint="none", min_score=0.5)
    assert (refused.status_code, error_of(refused)["param"]) == (422, "min_score")
    assert error_of(refused)["message"] == (
        f"min_score has 0.5; expected 0, since {ADAPTER} has no calibrated scores with the "
        "constraint none"
    )


def test_raw_scores_need_no_calibration(scored: Gateway) -> None:
    """They are what calibrations are fitted on; any model has them."""
    assert scores(scored, constraint="none", scores="raw")[0] == ("浙商银行", pytest.approx(0.4))
    scored.engine.script = surely('[{"label": "name", "text": "叶老桂"}]', {"叶": 0.25})
    fields = {"model": BASE, "labels": ["name"], "scores": "raw"}
    assert scores(scored, **fields) == [("叶老桂", pytest.approx(0.25))] * 2


def test_tokens_that_are_not_the_completions_give_no_score(scored: Gateway) -> None:
    """Null for all of it; and not sure is not sure enough."""
    scored.engine.script = completes(WRITTEN)  # tells no probabilities
    assert {score for _, score in scores(scored)} == {None}
    answer = scored.extract(TEXT, min_score=0.1).json()
    assert answer["entities"] == []
    assert {dropped["reason"] for dropped in answer["dropped"]} == {"below_min_score"}


def test_calibrated_scores_are_in_a_histogram(scored: Gateway) -> None:
    """By adapter, also of what was dropped; raw ones are not: they mean something else."""
    series = f'nerve_entity_score_count{{adapter="{ADAPTER}"}}'
    before = scored.metric(series)
    scores(scored, min_score=0.42)
    scores(scored, scores="raw")
    assert scored.metric(series) - before == 3


def test_an_unknown_kind_of_score_is_refused(scored: Gateway) -> None:
    """With the kinds there are."""
    refused = scored.extract(TEXT, scores="cooked")
    assert error_of(refused)["message"] == 'scores has "cooked"; expected one of calibrated, raw'
