"""Many surfaces at once: as one after the other would find them."""

from hypothesis import given
from hypothesis import strategies as st

from service.ner.spans import splits_a_word
from service.ner.surfaces import Surfaces
from service.ner.types import Entity

alphabet = st.text(st.sampled_from("ab 浙商"), max_size=30)


@given(alphabet, st.dictionaries(alphabet.filter(bool), st.sampled_from(["x", "y"]), max_size=8))
def test_the_longest_at_each_end(text: str, labels: dict[str, str]) -> None:
    """Those that are parts of a word left out."""
    expected = []
    for end in range(1, len(text) + 1):
        ending = [
            Entity(label, end - len(surface), end)
            for surface, label in labels.items()
            if text[:end].endswith(surface) and not splits_a_word(text, (end - len(surface), end))
        ]
        expected += sorted(ending, key=lambda e: e.start)[:1]
    assert list(Surfaces(labels).whole_words(text)) == expected
