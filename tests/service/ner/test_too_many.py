"""Where overlaps are wanted, the entities of a text have a bound that grows with its length."""

from typing import get_args

import pytest

from service.ner.align import align
from service.ner.placing import TooManyEntities
from service.ner.types import Mention, Occurrences


def labelled(surface: str, labels: int) -> list[Mention]:
    """A mention of it by each label."""
    return [Mention(f"label {place}", surface) for place in range(labels)]


@pytest.mark.parametrize("rule", ["all", "as_read"])
def test_a_surface_in_every_place_with_many_labels(rule: Occurrences) -> None:
    """Eight for each character, and no more."""
    text = "甲" * 300
    whole = align(text, labelled("甲", 8), rule, overlaps="all")
    assert len(whole.entities) == 8 * 300
    with pytest.raises(TooManyEntities) as caught:
        align(text, labelled("甲", 9), rule, overlaps="all")
    assert caught.value.most == 8 * 300


@pytest.mark.parametrize("rule", get_args(Occurrences))
def test_a_short_text_may_have_all_labels(rule: Occurrences) -> None:
    """A hundred of a name's one place, and a thousand in all."""
    found = align("桂林", labelled("桂林", 100), rule, overlaps="all")
    assert len(found.entities) == 100


@pytest.mark.parametrize("rule", get_args(Occurrences))
def test_without_overlaps_the_text_is_the_bound(rule: Occurrences) -> None:
    """However many say the same."""
    found = align("甲" * 3000, labelled("甲", 100), rule)
    assert len(found.entities) == (3000 if rule != "in_order" else 100)


def test_what_is_placed_again_is_counted_too() -> None:
    """Entities whose scores are too low leave their places to others."""
    said = [*labelled("甲", 8), *(Mention(f"other {place}", "甲甲") for place in range(8))]
    scores = [0.9] * len(said)
    with pytest.raises(TooManyEntities):
        align("甲" * 300, said, "all", scores, "all", keeps=lambda score: score == 0.9)
