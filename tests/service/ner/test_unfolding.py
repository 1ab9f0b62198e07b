"""Entities of a folded text, back in the text as received."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.ner.fold import fold
from service.ner.types import Dropped, Entity
from service.ner.unfolding import Unfolding, unfolded

# What folding makes several characters of, or fewer, and what it leaves.
MIXED = st.lists(
    st.sampled_from(["ﬁ", "ﬃ", "a\u0301\u0323", "\u0958", "e\u0301", "\u200b", "\n", "王", "b"]),
    min_size=1,
    max_size=12,
).map("".join)


def _entities(text: str, edges: Sequence[int]) -> list[Entity]:
    """One behind the other between some places of a text."""
    places = sorted({min(edge, len(text)) for edge in edges})
    return [Entity("ab"[at % 2], start, end) for at, (start, end) in enumerate(pairwise(places))]


@given(MIXED, st.lists(st.integers(0, 40), max_size=9))
def test_what_does_not_overlap_there_does_not_here(text: str, edges: Sequence[int]) -> None:
    """Sorted, and nothing is lost in silence: it is there, is what another is, or was dropped."""
    folded = fold(text)
    entities = _entities(folded.text, edges)
    found, dropped = unfolded(entities, folded)
    ends = [0, *(one.end for one in found)]
    assert all(end <= one.start for end, one in zip(ends, found, strict=False))
    for one in entities:
        surface = folded.text[one.start : one.end]
        lost = Dropped(one.label, surface, "overlap")
        assert folded.entity(one) in found or lost in dropped
    assert folded.steps or (found, dropped) == (tuple(entities), ())


@given(MIXED, st.lists(st.integers(0, 40), max_size=9))
def test_those_that_may_overlap_all_come_once(text: str, edges: Sequence[int]) -> None:
    """Sorted by their places."""
    folded = fold(text)
    entities = _entities(folded.text, edges)
    found, dropped = unfolded(entities, folded, "all")
    assert not dropped and len(set(found)) == len(found)
    assert set(found) == {folded.entity(one) for one in entities}
    places = [(one.start, one.end) for one in found]
    assert places == sorted(places)


def test_one_by_one_the_first_stays() -> None:
    """As a stream tells them."""
    folded = fold("招商ﬁ王")
    unfolding = Unfolding(folded)
    first, second = Entity("company", 3, 5), Entity("name", 0, 3)  # of 招商fi王
    assert list(unfolding.placed([first])) == [Entity("company", 2, 4)]
    assert list(unfolding.placed([second])) == [Dropped("name", "招商f", "overlap")]
