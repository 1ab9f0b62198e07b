"""Where tokens stand: tokens cut at any byte, told as engines tell them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.token_spans import token_spans
from tests.service.ner.strings import texts
from tests.service.ner.toy_tokens import PART, Cut

# completion, tokens as told, where they stand; behind the end, the end itself.
ROWS = [
    ("姓名：叶", ["姓名", "：", "叶"], [(0, 2), (2, 3), (3, 4)]),
    ("姓名：叶", ["姓名", "：", "叶", "<|im_end|>"], [(0, 2), (2, 3), (3, 4), (4, 5)]),
    ("叶", ["", "", "叶", "</s>"], [(0, 1), (0, 1), (0, 1), (1, 2)]),
    ("叶老x", ["", "", "\ufffdx"], [(0, 3), (0, 3), (1, 3)]),
    ("叶老", ["", "", "叶老"], [(0, 2), (0, 2), (0, 2)]),
    ("a叶b", ["a\ufffd", "\ufffd\ufffd", "b"], [(0, 2), (1, 2), (2, 3)]),
    ("叶a", ["\ufffd", "\ufffda"], [(0, 1), (0, 2)]),
    ("\ufffda", ["", "a"], [(0, 2), (1, 2)]),
    ("\ufffda", ["\ufffda"], [(0, 2)]),
    ("甲", ["甲", ""], [(0, 1), (1, 2)]),
    ("", ["<|im_end|>"], [(0, 1)]),
    ("", [], []),
    ("哈哈哈", ["哈", "", "", "哈", "哈"], [(0, 1), (1, 2), (1, 2), (1, 2), (2, 3)]),
]  # fmt: skip


@pytest.mark.parametrize(("completion", "tokens", "places"), ROWS)
def test_rows(completion: str, tokens: list[str], places: list[tuple[int, int]]) -> None:
    """Tokens of a character in parts share it."""
    assert token_spans(completion, tokens) == places


@pytest.mark.parametrize(
    ("completion", "tokens"),
    [
        ("叶老桂", ["叶", "桂"]),
        ("叶", []),
        ("叶", ["叶", "老", "桂"]),
        ("叶老", ["叶", "<|im_start|>", "老"]),
        ("ab", ["", "b"]),
        ("叶", ["", ""]),
        ("老老老老x", ["", "\ufffd老", "", "\ufffdx"]),
    ],
)
def test_tokens_that_do_not_make_up_the_completion(completion: str, tokens: list[str]) -> None:
    """No spans, rather than a wrong one; so, too, where there are two."""
    assert token_spans(completion, tokens) is None


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    """A text, cut at any of its bytes."""
    text = draw(texts)
    return Cut.at(text, draw(st.lists(st.integers(0, len(text.encode())), max_size=40)))


@given(cuts(), st.sampled_from(["told", "plain"]), st.booleans())
def test_no_token_is_laid_beside_its_characters(cut: Cut, how: str, ended: bool) -> None:
    """Each covers every character that it has a byte of; one of whole characters covers just
    those, and all cover the text in order."""
    tokens = cut.told() if how == "told" else cut.plain()
    laid = token_spans(cut.text, [*tokens, *["<|end of turn|>"] * ended])
    if laid is None:  # the rests of characters, beside others like them, can be anywhere
        assert any(token.startswith(PART) for token in tokens)
        return
    if ended:
        assert laid.pop() == (len(cut.text), len(cut.text) + 1)
    for place, touched in zip(laid, cut.touched(), strict=True):
        assert place[0] <= touched[0] <= touched[1] <= place[1]
    assert [start for start, _ in laid] == sorted(start for start, _ in laid)
    assert [end for _, end in laid] == sorted(end for _, end in laid)


@given(texts)
def test_tokens_of_whole_characters_are_laid_exactly(text: str) -> None:
    """Where no character is in parts, nothing is shared."""
    cut = Cut(text, tuple(character.encode() for character in text))
    assert token_spans(text, cut.told()) == cut.touched()


def test_tokens_that_could_be_anywhere_are_given_up_at_once() -> None:
    """What a model can be brought to write must not take the gateway's time from the others."""
    for completion, tokens in (("叶" * 1000, ["", "\ufffd叶"]), ("叶x" * 500, ["", "\ufffdx"])):
        began = time.process_time()
        assert token_spans(completion, tokens * 500) is None
        assert time.process_time() - began < 1
