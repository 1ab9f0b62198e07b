"""Alignment: where mentions stand. The rows are for linguists, the properties for everybody."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.align import align
from service.ner.placing_rules import placing_of
from service.ner.types import Mention, Occurrences, Overlaps
from tests.service.ner.strings import texts, texts_with_parts

# text, mentions, spans as (label, start, end), dropped as (surface, reason)
EVERY = [
    ("叶老桂说叶老桂", [("name", "叶老桂")], [("name", 0, 3), ("name", 4, 7)], []),
    ("叶老桂", [("name", "叶老桂"), ("name", "叶老桂")], [("name", 0, 3)], []),
    ("浙商银行", [("company", "银行"), ("company", "浙商银行")], [("company", 0, 4)],
     [("银行", "overlap")]),
    ("浙商银行的银行", [("company", "银行"), ("company", "浙商银行")],
     [("company", 0, 4), ("company", 5, 7)], []),
    ("桂林", [("name", "桂林"), ("address", "桂林")], [("name", 0, 2)], [("桂林", "overlap")]),
    ("叶老桂", [("name", "叶桂")], [], [("叶桂", "not_in_text")]),
    ("叶老桂", [("name", " 叶老桂 ")], [("name", 0, 3)], []),
    ("a 叶", [("name", " 叶"), ("name", "叶\r")], [("name", 2, 3)], []),
    ("甲 乙", [("name", " ")], [], [("", "malformed")]),
    ("WITH IT", [("org", "IT")], [("org", 5, 7)], []),
    ("WITH", [("org", "IT")], [("org", 1, 3)], []),
    ("2010年10月", [("x", "10")], [("x", 5, 7)], []),
    ("１１月至１月", [("x", "１月")], [("x", 4, 6)], []),
    ("ＷＩＴＨＩＴ，ＩＴ", [("org", "ＩＴ")], [("org", 7, 9)], []),
    ("Việt Nam: Vi đến", [("name", "Vi")], [("name", 10, 12)], []),
    ("Анапа и Ан", [("name", "Ан")], [("name", 8, 10)], []),
    ("Ελένη, Ελ", [("name", "Ελ")], [("name", 7, 9)], []),
    ("Արամյան Արամ", [("name", "Արամ")], [("name", 8, 12)], []),
    ("x\u0301 x", [("x", "x")], [("x", 3, 4)], []),  # a mark that composes with nothing
    ("김철수는 김철수", [("name", "김철수")], [("name", 0, 3), ("name", 5, 8)], []),
    ("ודנה דנה", [("name", "דנה")], [("name", 1, 4), ("name", 5, 8)], []),
    ("თბილისში", [("place", "თბილის")], [("place", 0, 6)], []),
    ("在IT公司", [("org", "IT")], [("org", 1, 3)], []),
    ("éIT IT", [("org", "IT")], [("org", 4, 6)], []),
    ("哈哈哈", [("x", "哈哈")], [("x", 0, 2)], []),
    ("👩‍👩‍👧在𠮷野家", [("company", "𠮷野家")], [("company", 6, 9)], []),
    ("שלום דנה", [("name", "דנה")], [("name", 5, 8)], []),
    ("甲\r\n乙", [("x", "甲\r\n乙")], [("x", 0, 4)], []),
    ("e\u0301a", [("x", "é")], [], [("é", "not_in_text")]),
    ("ＡＢＣ", [("x", "ABC")], [], [("ABC", "not_in_text")]),
]  # fmt: skip

IN_ORDER = [
    ("叶老桂说叶老桂", [("name", "叶老桂")], [("name", 0, 3)], []),
    ("桂林说桂林", [("name", "桂林"), ("address", "桂林")],
     [("name", 0, 2), ("address", 3, 5)], []),
    ("桂林", [("name", "桂林"), ("name", "桂林")], [("name", 0, 2)], []),
    ("桂林", [("name", "桂林"), ("address", "桂林")], [("name", 0, 2)], [("桂林", "overlap")]),
    ("浙商银行", [("x", "浙商"), ("x", "浙商银行")], [("x", 0, 2)], [("浙商银行", "overlap")]),
    ("桂林", [("name", "北京")], [], [("北京", "not_in_text")]),
    ("北京大学在北京", [("company", "北京大学"), ("address", "北京")],
     [("company", 0, 4), ("address", 5, 7)], []),
    ("北京大学在北京和北京", [("company", "北京大学"), ("address", "北京"), ("name", "北京")],
     [("company", 0, 4), ("address", 5, 7), ("name", 8, 10)], []),
    ("北京大学和北京城", [("x", "北京大学"), ("x", "北京城"), ("y", "北京")],
     [("x", 0, 4), ("x", 5, 8)], [("北京", "overlap")]),
]  # fmt: skip

# Where they are not as for "all".
AS_READ = [
    ("浙商银行", [("company", "浙商银行"), ("company", "银行")], [("company", 0, 4)],
     [("银行", "overlap")]),
    ("浙商银行", [("company", "浙商"), ("company", "浙商银行")], [("company", 0, 2)],
     [("浙商银行", "overlap")]),
    ("浙商的浙商银行", [("company", "浙商"), ("company", "浙商银行")],
     [("company", 0, 2), ("company", 3, 7)], []),
    ("银行的浙商银行和浙商", [("x", "银行"), ("x", "浙商"), ("x", "浙商银行")],
     [("x", 0, 2), ("x", 3, 5), ("x", 5, 7), ("x", 8, 10)], [("浙商银行", "overlap")]),
    ("浙商银行的银行", [("x", "的"), ("x", "浙商"), ("x", "浙商银行")],
     [("x", 0, 4), ("x", 4, 5)], [("浙商", "overlap")]),
    ("叶老桂说叶老桂", [("name", "叶老桂"), ("name", "叶老桂")],
     [("name", 0, 3), ("name", 4, 7)], []),
]  # fmt: skip

# Where overlaps are wanted: nested ones, crossing ones, two labels on one span. The rule first.
OVERLAPPING = [
    ("all", "北京大学的北京", [("org", "北京大学"), ("address", "北京")],
     [("address", 0, 2), ("org", 0, 4), ("address", 5, 7)], []),
    ("all", "桂林", [("name", "桂林"), ("address", "桂林")],
     [("name", 0, 2), ("address", 0, 2)], []),
    ("all", "北京大学医院", [("org", "北京大学医院"), ("org", "北京大学")],
     [("org", 0, 4), ("org", 0, 6)], []),  # of one label: it has no other place
    ("all", "王明远和王明", [("name", "王明远"), ("name", "王明")],
     [("name", 0, 3), ("name", 4, 6)], []),  # it has one: the other is a part of a name
    ("all", "张三丰派", [("name", "张三丰"), ("org", "三丰派")],
     [("name", 0, 3), ("org", 1, 4)], []),
    ("all", "叶老桂", [("name", "叶桂")], [], [("叶桂", "not_in_text")]),
    ("as_read", "北京大学的北京", [("address", "北京"), ("org", "北京大学")],
     [("address", 0, 2), ("org", 0, 4), ("address", 5, 7)], []),
    ("as_read", "王明远和王明", [("name", "王明远"), ("name", "王明")],
     [("name", 0, 3), ("name", 4, 6)], []),
    ("in_order", "桂林说桂林", [("name", "桂林"), ("address", "桂林")],
     [("name", 0, 2), ("address", 0, 2)], []),
    ("in_order", "北京大学", [("address", "北京"), ("org", "北京大学")],
     [("address", 0, 2), ("org", 0, 4)], []),
]  # fmt: skip

ROWS = [
    *(("longest", "all", *row) for row in EVERY),
    *(("longest", "as_read", *row) for row in AS_READ),
    *(("longest", "in_order", *row) for row in IN_ORDER),
    *(("all", *row) for row in OVERLAPPING),
]


@pytest.mark.parametrize(("overlaps", "rule", "text", "mentions", "spans", "dropped"), ROWS)
def test_align(
    overlaps: Overlaps,
    rule: Occurrences,
    text: str,
    mentions: list[tuple[str, str]],
    spans: list[tuple[str, int, int]],
    dropped: list[tuple[str, str]],
) -> None:
    """Spans in order of the text; what yields none is named with its reason."""
    said = [Mention(*mention) for mention in mentions]
    aligned = align(text, said, rule, overlaps=overlaps)
    assert [(e.label, e.start, e.end) for e in aligned.entities] == spans
    assert [(d.text, d.reason) for d in aligned.dropped] == dropped


rules = st.sampled_from(get_args(Occurrences))
labels = st.sampled_from(["a", "b"])


@given(texts, st.lists(st.builds(Mention, labels, texts.filter(bool))), rules)
def test_entities_are_sorted_apart_and_nothing_is_lost(
    text: str, mentions: list[Mention], rule: Occurrences
) -> None:
    """Sorted by start, no overlap, and every mention is an entity's or is dropped."""
    placing = placing_of(rule)(text)
    at_once = {entity for mention in mentions if (entity := placing.add(mention))}
    aligned = placing.aligned()
    assert aligned == align(text, mentions, rule)
    assert at_once <= set(aligned.entities)
    ends = [0, *(entity.end for entity in aligned.entities)]
    assert all(e.start >= end for e, end in zip(aligned.entities, ends, strict=False))
    used = {(e.label, text[e.start : e.end]) for e in aligned.entities}
    lost = {(d.label, d.text) for d in aligned.dropped}
    for mention in mentions:
        said = {(mention.label, mention.surface), (mention.label, mention.surface.strip())}
        assert said & (used | lost)


@given(texts, st.lists(st.builds(Mention, labels, texts.filter(bool))), rules)
def test_with_overlaps_nothing_is_lost_to_one(
    text: str, mentions: list[Mention], rule: Occurrences
) -> None:
    """Every entity once, at once or in the end, and nothing is dropped as ``overlap``."""
    placing = placing_of(rule)(text, "all")
    at_once = {entity for mention in mentions if (entity := placing.add(mention))}
    aligned = placing.aligned()
    assert at_once <= set(aligned.entities)
    assert len(set(aligned.entities)) == len(aligned.entities)
    assert all(dropped.reason != "overlap" for dropped in aligned.dropped)
    found = {(e.label, text[e.start : e.end]) for e in aligned.entities}
    apart = align(text, mentions, rule)
    assert found >= {(e.label, text[e.start : e.end]) for e in apart.entities}


@given(texts_with_parts(), rules)
def test_parts_of_the_text_are_found(case: tuple[str, list[str]], rule: Occurrences) -> None:
    """A surface that stands in the text is never ``not_in_text``."""
    text, parts = case
    aligned = align(text, [Mention("a", part) for part in parts], rule)
    assert all(d.reason != "not_in_text" for d in aligned.dropped)
    assert all(text[e.start : e.end].strip() for e in aligned.entities)


@pytest.mark.parametrize(
    ("rule", "text", "mentions", "scores"),
    [
        ("all", "叶老桂说叶老桂", [("name", "叶老桂", 0.5)], [0.5, 0.5]),
        ("all", "叶老桂", [("name", "叶老桂", 0.5), ("name", " 叶老桂", 0.9)], [0.5]),
        ("all", "浙商银行", [("x", "银行", 0.9), ("x", "浙商银行", 0.5)], [0.5]),
        ("in_order", "桂林说桂林", [("x", "桂林", 0.5), ("x", "桂林", 0.9)], [0.5, 0.9]),
        ("in_order", "桂林", [("x", "桂林", 0.5), ("x", "桂林", 0.9)], [0.5]),
        ("as_read", "桂林说桂林", [("x", "桂林", 0.5), ("x", "桂林", 0.9)], [0.5, 0.5]),
        ("in_order", "桂林", [("x", "桂林", 0.5), ("y", "桂林", 0.9)], [0.5]),
    ],
)
def test_scores_are_the_mentions_own(
    rule: Occurrences, text: str, mentions: list[tuple[str, str, float]], scores: list[float]
) -> None:
    """For each of its occurrences; of a repeated mention, the first one."""
    given_scores = [score for *_, score in mentions]
    bare = [Mention(label, surface) for label, surface, _ in mentions]
    found = align(text, bare, rule, given_scores)
    assert [entity.score for entity in found.entities] == scores
    assert found == align(text, bare, rule)


TITLED = "三体和《三体》的作者"


@pytest.mark.parametrize(
    ("rule", "surfaces", "spans"),
    [
        ("all", ["三体"], [(0, 2), (3, 7)]),
        ("all", ["《三体》"], [(3, 7)]),
        ("all", ["三体", "《三体》"], [(0, 2), (3, 7)]),
        ("as_read", ["三体"], [(0, 2), (3, 7)]),
        ("as_read", ["三体", "《三体》"], [(0, 2), (3, 7)]),
        ("in_order", ["三体"], [(0, 2)]),
        ("in_order", ["三体", "三体"], [(0, 2), (3, 7)]),
    ],
)
@pytest.mark.parametrize("overlaps", get_args(Overlaps))
def test_a_title_has_the_marks_around_it(
    rule: Occurrences, surfaces: list[str], spans: list[tuple[int, int]], overlaps: Overlaps
) -> None:
    """Each place by itself: where it stands bare it stays so, and none is there twice."""
    mentions = [Mention("book", surface) for surface in surfaces]
    found = align(TITLED, mentions, rule, overlaps=overlaps, titles=["book"])
    assert [(one.start, one.end) for one in found.entities] == spans


def test_marks_that_are_not_around_it_stay_outside() -> None:
    text = "《三体"
    found = align(text, [Mention("book", "三体")], titles=["book"])
    assert [text[one.start : one.end] for one in found.entities] == ["三体"]
    other = align(TITLED, [Mention("topic", "三体")], titles=["book"])
    assert [(one.start, one.end) for one in other.entities] == [(0, 2), (4, 6)]
