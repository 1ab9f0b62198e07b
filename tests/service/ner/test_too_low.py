"""Entities whose score is too low to be kept, and what has their places."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.align import align
from service.ner.placing_rules import placing_of
from service.ner.types import Mention, Occurrences, Overlaps
from tests.service.ner.strings import texts_with_parts

rules = st.sampled_from(get_args(Occurrences))
labels = st.sampled_from(["a", "b"])


# rule, text, mentions with scores, spans, dropped; what scores less than .33 is dropped.
TOO_LOW = [
    ("as_read", "北京大学的王明",
     [("x", "北京大学", 0.1), ("n", "北京大学", 0.9), ("n", "王明", 0.9)],
     [("n", 0, 4), ("n", 5, 7)], [("x", "北京大学", "below_min_score")]),
    ("all", "王明远来了", [("n", "王明远", 0.1), ("n", "王明", 0.9)],
     [("n", 0, 2)], [("n", "王明远", "below_min_score")]),
    ("in_order", "北京大学", [("x", "北京大学", 0.1), ("n", "北京", 0.9)],
     [("n", 0, 2)], [("x", "北京大学", "below_min_score")]),
    # It has another place: where it was not read, it is not put.
    ("all", "王明远和王明", [("n", "王明远", 0.1), ("n", "王明", 0.9)],
     [("n", 4, 6)], [("n", "王明远", "below_min_score")]),
    ("as_read", "桂林说桂林", [("n", "桂林", 0.1), ("a", "桂林", 0.9)],
     [("a", 3, 5)], [("n", "桂林", "below_min_score")]),
    ("in_order", "桂林说桂林", [("n", "桂林", 0.1), ("a", "桂林", 0.9)],
     [("a", 3, 5)], [("n", "桂林", "below_min_score")]),
    # An entity that is kept holds its places, against those that are not kept, too.
    ("as_read", "北京大学", [("x", "北京大学", 0.9), ("n", "北京", 0.9), ("a", "大学", 0.1)],
     [("x", 0, 4)], [("n", "北京", "overlap"), ("a", "大学", "overlap")]),
    ("all", "北京大学", [("x", "北京大学", 0.1), ("n", "京大", 0.9), ("a", "北京", 0.9)],
     [("n", 1, 3)], [("a", "北京", "overlap"), ("x", "北京大学", "below_min_score")]),
    ("all", "北京大学", [("x", "北京大学", 0.1), ("n", "北京", None), ("n", "上海", 0.9)],
     [], [("n", "北京", "overlap"), ("n", "上海", "not_in_text"),
          ("x", "北京大学", "below_min_score")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "mentions", "spans", "dropped"), TOO_LOW)
def test_too_low_a_score_takes_no_entity_with_it(
    rule: Occurrences,
    text: str,
    mentions: list[tuple[str, str, float | None]],
    spans: list[tuple[str, int, int]],
    dropped: list[tuple[str, str, str]],
) -> None:
    """What is not kept is dropped, and what would be lost to it has its place."""
    bare = [Mention(label, surface) for label, surface, _ in mentions]
    found = align(text, bare, rule, [score for *_, score in mentions], keeps=good)
    assert [(e.label, e.start, e.end) for e in found.entities] == spans
    assert [(d.label, d.text, d.reason) for d in found.dropped] == dropped


def good(score: float | None) -> bool:
    """Is it kept?"""
    return score is not None and score >= 0.33


@given(
    texts_with_parts(),
    st.lists(st.tuples(labels, st.sampled_from([None, 0.1, 0.9])), min_size=6, max_size=6),
    rules,
    st.sampled_from(get_args(Overlaps)),
)
def test_places_stay_whatever_is_kept(
    case: tuple[str, list[str]],
    said: list[tuple[str, float | None]],
    rule: Occurrences,
    overlaps: Overlaps,
) -> None:
    """What is kept of all entities stands where it stood; more are only those of mentions that had
    none. None overlaps another, and what was certain at once stays."""
    text, parts = case
    mentions = [Mention(label, part) for part, (label, _) in zip(parts, said, strict=False)]
    scores = [score for _, score in said[: len(parts)]]
    placing = placing_of(rule)(text, overlaps)
    at_once = [one for pair in zip(mentions, scores, strict=True) if (one := placing.add(*pair))]
    before = align(text, mentions, rule, scores, overlaps)
    after = align(text, mentions, rule, scores, overlaps, keeps=good)
    kept = {one for one in before.entities if good(one.score)}
    assert {one for one in at_once if good(one.score)} | kept <= set(after.entities)
    assert set(after.too_low) == set(before.entities) - kept
    lost = {(one.label, one.text) for one in before.dropped}
    added = set(after.entities) - kept
    assert {(one.label, text[one.start : one.end]) for one in added} <= lost
    assert all(good(one.score) for one in added)
    ends = [0, *(one.end for one in after.entities)]
    assert overlaps == "all" or all(
        one.start >= end for one, end in zip(after.entities, ends, strict=False)
    )
