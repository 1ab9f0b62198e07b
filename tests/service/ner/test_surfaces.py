"""Many surfaces at once: as one after the other would find them."""

from hypothesis import given
from hypothesis import strategies as st

from service.ner.spans import in_words, splits_a_word
from service.ner.surfaces import Surfaces
from service.ner.types import Entity

alphabet = st.text(st.sampled_from("aжＩ１\u0301 浙商"), max_size=30)
sought = st.dictionaries(alphabet.filter(bool), st.sampled_from(["x", "y"]), max_size=8)


@given(alphabet, sought, st.booleans())
def test_the_longest_at_each_end(text: str, labels: dict[str, str], whole: bool) -> None:
    """Anywhere, or where they split no word."""
    expected = []
    for end in range(1, len(text) + 1):
        ending = [
            Entity(label, end - len(surface), end)
            for surface, label in labels.items()
            if text[:end].endswith(surface)
            and not (whole and splits_a_word(text, (end - len(surface), end)))
        ]
        expected += sorted(ending, key=lambda e: e.start)[:1]
    assert list(Surfaces(labels, in_words if whole else list).places(text)) == expected


@given(alphabet, sought, st.booleans())
def test_which_stand_there(text: str, labels: dict[str, str], whole: bool) -> None:
    """Those that are only found inside a longer one, too."""
    ends = range(len(text) + 1)
    expected = {
        surface
        for surface in labels
        for end in ends
        if text[:end].endswith(surface)
        and not (whole and splits_a_word(text, (end - len(surface), end)))
    }
    assert Surfaces(labels, in_words if whole else list).standing(text) == expected
