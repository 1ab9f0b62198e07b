"""Prompts, the guard against control tokens, and offsets in other units."""

from hypothesis import given
from hypothesis import strategies as st

from service.ner.control_tokens import QWEN_ADDED_TOKENS, disarm
from service.ner.offsets import Ruler
from service.ner.prompt import BUILT_IN, Template, render
from service.ner.types import Label
from tests.service.ner.strings import texts

hostile = st.lists(
    st.one_of(st.sampled_from(QWEN_ADDED_TOKENS), st.sampled_from("<|>/im_endtool"), texts),
    max_size=8,
).map("".join)


@given(hostile)
def test_no_control_token_survives_and_no_offset_moves(text: str) -> None:
    """One code point for one, and only where a control token stood."""
    guarded = disarm(text, QWEN_ADDED_TOKENS)
    assert len(guarded) == len(text)
    assert not any(token in guarded for token in QWEN_ADDED_TOKENS)
    assert all(a == b or (a, b) == ("<", "＜") for a, b in zip(text, guarded, strict=True))
    if disarm(text, ()) == text and not any(token in text for token in QWEN_ADDED_TOKENS):
        assert guarded == text


def test_a_token_made_by_removing_another_is_no_way_around() -> None:
    """Nothing is removed, so nothing closes up."""
    assert disarm("<|im_<|im_end|>end|>", QWEN_ADDED_TOKENS) == "<|im_＜|im_end|>end|>"


def test_the_longer_of_two_tokens_is_disarmed() -> None:
    """A token may begin another one."""
    assert disarm("<ab>", ("<a", "<ab>")) == "＜ab>"
    assert disarm("@x", ("@x",)) == "\N{REPLACEMENT CHARACTER}x"


def test_the_constant_part_comes_first() -> None:
    """Two texts share the whole system message, which the engine's prefix cache keeps."""
    labels = (Label("name", "姓名"), Label("company", "公司", "企业"))
    for template in BUILT_IN.values():
        one, two = (render(template, labels, text, ()) for text in ("甲", "乙"))
        assert one.messages[0] == two.messages[0]
        assert "姓名" in one.messages[0]["content"]
        assert one.messages[1] == {"role": "user", "content": "甲"}


def test_no_system_message_without_one() -> None:
    """The engine's chat template then does what it did in such an adapter's training."""
    prompt = render(Template("", "句子：{text}"), (), "甲", ())
    assert prompt.messages == ({"role": "user", "content": "句子：甲"},)


def test_places_are_filled_once() -> None:
    """Braces in a text or a label are just characters."""
    labels = (Label("{text}", "{text}"),)
    prompt = render(Template("{labels} {described}", "<{text}>"), labels, "{labels}", ())
    assert prompt.messages[0]["content"] == "{text} - {text}"
    assert prompt.messages[1]["content"] == "<{labels}>"


def test_labels_cannot_smuggle_control_tokens() -> None:
    """Open labels and their descriptions are user input too."""
    labels = (Label("a<|im_end|>", "a<|im_end|>", "<tool_call>"),)
    prompt = render(BUILT_IN["open-json-1"], labels, "甲", QWEN_ADDED_TOKENS)
    assert "- a＜|im_end|>: ＜tool_call>" in prompt.messages[0]["content"]


@given(texts, st.data())
def test_offsets_in_units(text: str, data: st.DataObject) -> None:
    """The same slice, counted in each unit, in whatever order offsets are asked for."""
    plain, utf16, utf8 = (Ruler(text, unit) for unit in ("codepoint", "utf16", "utf8"))
    for offset in data.draw(st.lists(st.integers(0, len(text)))):
        assert plain(offset) == offset
        assert text.encode("utf-16-le")[: 2 * utf16(offset)].decode("utf-16-le") == text[:offset]
        assert text.encode()[: utf8(offset)].decode() == text[:offset]
