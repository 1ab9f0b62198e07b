"""Raw scores: the probability of the tokens that a mention has a part in, and of no others."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.score import RawScores, Token, raw_scores
from tests.service.ner.test_token_spans import cuts
from tests.service.ner.toy_tokens import Cut

TWO = [("姓名", 0.5), ("：叶", 0.9), ("\n公", 0.8), ("司：", 0.7), ("甲", 0.6)]
# completion, (token, probability), place, the probabilities that make its score
ROWS = [
    ("姓名：叶", [("姓名", 0.5), ("：", 0.9), ("叶", 0.8), ("<|im_end|>", 0.7)], (0, 5),
     [0.5, 0.9, 0.8, 0.7]),
    ("姓名：叶\n公司：甲", TWO,
     (0, 5), [0.5, 0.9, 0.8]),
    ("姓名：叶\n公司：甲", TWO,
     (5, 9), [0.8, 0.7, 0.6]),
    ("x：👩", [("x", 0.5), ("：", 0.9), ("", 0.8), ("", 0.7), ("", 0.6), ("👩", 0.5), ("", 0.4)],
     (0, 4), [0.5, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4]),
]  # fmt: skip


@pytest.mark.parametrize(("completion", "told", "place", "parts"), ROWS)
def test_rows(
    completion: str,
    told: list[tuple[str, float]],
    place: tuple[int, int],
    parts: list[float],
) -> None:
    """From the label through what ends the surface: behind the last one, the end itself, where no
    mark of its own ended it."""
    tokens = [Token(text, math.log(probability)) for text, probability in told]
    assert raw_scores(completion, tokens, [place]) == pytest.approx([math.prod(parts)])


def test_a_completion_that_is_not_its_tokens_has_no_scores() -> None:
    """None, not 1, from where they part; what stands before it keeps its own."""
    assert raw_scores("叶老桂", [Token("叶", -0.1)], [(0, 3)]) == [None]
    tokens = [Token(text, math.log(0.5)) for text in ("叶", "\n", "x", "y")]
    assert raw_scores("叶\n老桂", tokens, [(0, 2), (2, 5)]) == [pytest.approx(0.25), None]


def test_probabilities_that_are_rounded_above_1_or_to_0_stay_in_bounds() -> None:
    """As float32 arithmetic has them, and vLLM's -9999 for nothing at all."""
    tokens = [Token("叶", 1e-7), Token("老", -9999.0)]
    assert raw_scores("叶老", tokens, [(0, 1)]) == [1.0]
    assert raw_scores("叶老", tokens, [(1, 2)]) == [0.0]


@st.composite
def whole_places(draw: st.DrawFn) -> tuple[Cut, tuple[int, int]]:
    """A cut, and a place in its text."""
    cut = draw(cuts().filter(lambda cut: bool(cut.text)))
    edges = st.integers(0, len(cut.text))
    start, end = sorted(draw(st.tuples(edges, edges).filter(lambda pair: pair[0] != pair[1])))
    return cut, (start, end)


@given(whole_places())
def test_every_token_with_a_byte_of_the_place_counts(both: tuple[Cut, tuple[int, int]]) -> None:
    """So no score is higher than what the bytes' own tokens make; and with tokens of whole
    characters it is just that."""
    cut, (start, end) = both
    touched = [span[0] < end and span[1] > start for span in cut.touched()]
    least = 0.5 ** sum(touched)
    tokens = [Token(text, math.log(0.5)) for text in cut.told()]
    (found,) = raw_scores(cut.text, tokens, [(start, end)])
    if found is None:
        assert any(token.text.startswith("\ufffd") for token in tokens)
        return
    assert found <= least * (1 + 1e-9)
    if all(token.text and "\ufffd" not in token.text for token in tokens):
        assert found == pytest.approx(least)


@given(whole_places(), st.data())
def test_a_score_that_is_told_early_is_the_score(
    both: tuple[Cut, tuple[int, int]], data: st.DataObject
) -> None:
    """However text and tokens come in, at different speeds; in the end, all of them are told."""
    cut, place = both
    tokens = [Token(text, -1 / (number + 1)) for number, text in enumerate(cut.told())]
    (whole,) = raw_scores(cut.text, tokens, [place])
    scores, told, text = RawScores(), 0, 0
    while told < len(tokens) or text < len(cut.text):
        more = data.draw(st.integers(0, 2))
        scores.add(tokens[told : told + more])
        told, text = told + more, text + data.draw(st.integers(0, 3)) + (not more)
        scores.go(cut.text[:text])
        assert scores.of(place) in (None, whole)
    scores.end(cut.text)
    assert scores.of(place) == whole
