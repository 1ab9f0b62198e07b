"""What has to be masked, beside the entities' own places."""

import pytest
from hypothesis import given

from service.ner.align import align
from service.ner.masking import in_one_case, places
from service.ner.spans import Span, splits_a_word
from service.ner.types import Dropped, Entity, Mention
from tests.service.ner.strings import texts_with_parts

# text, entities, lost mentions, places
ROWS = [
    ("叶老桂说叶老桂", [("name", 0, 3)], [], [("name", 0, 3), ("name", 4, 7)]),
    ("张三丰派", [("name", 0, 3)], [("org", "三丰派")], [("name", 0, 4)]),
    ("张三丰派三丰派", [("name", 0, 3)], [("org", "三丰派")], [("name", 0, 4), ("org", 4, 7)]),
    ("IT in WITH IT", [("org", 0, 2)], [], [("org", 0, 2), ("org", 11, 13)]),
    ("WITH", [], [("org", "IT")], [("org", 1, 3)]),
    ("WITH IT", [], [("org", "IT")], [("org", 5, 7)]),
    ("BANANA", [], [("org", "ANA")], [("org", 1, 6)]),  # it overlaps itself, and no A is left
    ("明说明天", [("name", 0, 1)], [], [("name", 0, 1)]),  # one character is too little to go by
    ("浙商银行，浙商", [("company", 0, 4), ("company", 5, 7)], [],
     [("company", 0, 4), ("company", 5, 7)]),
    ("甲乙", [("a", 0, 1), ("b", 1, 2)], [], [("a", 0, 1), ("b", 1, 2)]),  # neighbours are two
]  # fmt: skip


@pytest.mark.parametrize(("text", "entities", "lost", "expected"), ROWS)
def test_places(
    text: str,
    entities: list[tuple[str, int, int]],
    lost: list[tuple[str, str]],
    expected: list[tuple[str, int, int]],
) -> None:
    """Sorted, none overlapping another."""
    dropped = [Dropped(label, surface, "overlap") for label, surface in lost]
    found = places(text, [Entity(*entity) for entity in entities], dropped)
    assert [(one.label, one.start, one.end) for one in found] == expected


@given(texts_with_parts())
def test_nothing_is_left_of_what_was_found_or_lost(case: tuple[str, list[str]]) -> None:
    """Of every mention that stands in the text, wherever it stands as a word."""
    text, parts = case
    aligned = align(text, [Mention("x", part) for part in parts])
    found = places(text, aligned.entities, aligned.dropped)
    hidden = {place for one in found for place in range(one.start, one.end)}
    assert sum(one.end - one.start for one in found) == len(hidden)
    for entity in aligned.entities:
        assert hidden.issuperset(range(entity.start, entity.end))
    for one in aligned.dropped:
        if one.reason == "overlap":
            for start, end in _where(text, one.text):
                assert hidden.issuperset(range(start, end))


def _where(text: str, surface: str) -> list[Span]:
    """Where it is a whole word; if nowhere, then everywhere."""
    ends = range(len(surface), len(text) + 1)
    spans = [(end - len(surface), end) for end in ends if text[:end].endswith(surface)]
    return [span for span in spans if not splits_a_word(text, span)] or spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Straße ΣΑΣ İ Ada", "strasse σασ i ada"), ("叶老桂", "叶老桂"), ("ﬁ", "fi")],
)
def test_one_case(text: str, expected: str) -> None:
    """A letter may be two small ones."""
    assert in_one_case(text) == expected


@pytest.mark.parametrize(
    ("text", "surface", "others"),
    [
        ("Weiß, WEISS, weiss, Weißer", "Weiß", ["Weiß", "WEISS", "weiss"]),
        ("ßa WEISS: Weiß", "WEISS", ["WEISS", "Weiß"]),
        ("Straße / STRASSE", "Straße", ["Straße", "STRASSE"]),
        ("İstanbul, istanbul, ISTANBUL", "İstanbul", ["İstanbul", "istanbul", "ISTANBUL"]),
    ],
)
def test_other_letters(text: str, surface: str, others: list[str]) -> None:
    """Capital and small ones of a surface are places too, whatever their number."""
    start = text.index(surface)
    found = places(text, [Entity("x", start, start + len(surface))], [], any_case=True)
    assert [text[one.start : one.end] for one in found] == others


@given(texts_with_parts())
def test_places_in_any_case_are_of_the_text(case: tuple[str, list[str]]) -> None:
    """Sorted, apart, inside of it; and the entities are among them."""
    text, parts = case
    entities = align(text, [Mention("x", part) for part in parts]).entities
    found = places(text, entities, [], any_case=True)
    edges = [edge for one in found for edge in (one.start, one.end)]
    assert edges == sorted(edges) and all(0 <= edge <= len(text) for edge in edges)
    hidden = {place for one in found for place in range(one.start, one.end)}
    for one in entities:
        assert hidden.issuperset(range(one.start, one.end))
