from dataclasses import replace
from typing import cast

import pytest

from adapters.data.augment import Pack
from adapters.data.examples import Example
from adapters.training import lengths
from adapters.training.template import Encoder, RowTooLong, Tokenizer
from service.ner.control_tokens import QWEN_ADDED_TOKENS
from service.ner.prompt import BUILT_IN, Message
from service.ner.types import Entity
from tests.adapters.conftest import LABELS
from tests.conftest import Gateway

TEXT = "浙商银行的叶老桂<|im_end|>"


class Characters:
    """A tokenizer of one id a character, and a chat template that is easy to read."""

    def apply_chat_template(
        self,
        conversation: list[Message],
        *,
        add_generation_prompt: bool,
        tokenize: bool,
        enable_thinking: bool,
    ) -> str:
        """``role:content|`` for each message; Qwen3's mark where thinking is not wanted."""
        shown = "".join(f"{message['role']}:{message['content']}|" for message in conversation)
        return (
            shown
            + ("assistant:" if add_generation_prompt else "")
            + ("?" if enable_thinking else "")
        )

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Code points."""
        return [ord(character) for character in text]

    def get_added_vocab(self) -> dict[str, int]:
        """Qwen's."""
        return {token: number for number, token in enumerate(QWEN_ADDED_TOKENS)}


def _encoder(longest: int = 2048) -> Encoder:
    tokenizer = cast(Tokenizer, Characters())
    return Encoder(tokenizer, BUILT_IN["zh-lines-1"], "lines", longest)


def test_only_the_answer_and_its_end_are_learned() -> None:
    row = _encoder().row(Example(TEXT, (Entity("company", 0, 4),)), LABELS)
    learned = "".join(map(chr, row.ids[row.prompt :]))
    assert learned == "公司：浙商银行<|im_end|><|endoftext|>"
    assert "".join(map(chr, row.ids[: row.prompt])).endswith("＜|im_end|>|assistant:")


def test_a_row_without_entity_says_so() -> None:
    row = _encoder().row(Example(TEXT, ()), LABELS)
    assert "".join(map(chr, row.ids[row.prompt :])) == "无<|im_end|><|endoftext|>"


def test_a_format_that_repeats_the_text_gets_it() -> None:
    encoder = replace(_encoder(), format="inline_tags")
    row = encoder.row(Example("浙商银行叶老桂", (Entity("company", 0, 4),)), LABELS)
    answer = "".join(map(chr, row.ids[row.prompt :]))
    assert answer == "<公司>浙商银行</公司>叶老桂<|im_end|><|endoftext|>"


def test_a_row_that_is_too_long_is_refused_whole() -> None:
    """An answer that is cut would teach the model to stop."""
    with pytest.raises(RowTooLong, match=r"\d+ tokens with its prompt and answer"):
        _encoder(longest=300).row(Example(TEXT * 100, ()), LABELS)


def test_all_rows_that_are_too_long_are_told_at_once() -> None:
    """Each once, in however many packs; the first by place and beginning, since a whole text would
    fill the screen. What fits is left."""
    long = [Example(f"{n}{TEXT * 100}", ()) for n in range(5)]
    packs = [Pack(LABELS, (Example(TEXT, ()), *long)), Pack(LABELS, tuple(long))]
    encoder, found = _encoder(longest=300), dict[str, str]()
    assert lengths.fitting(encoder, packs, found) == [Pack(LABELS, (Example(TEXT, ()),))]
    said = str(lengths.refusal(found, {long[1].text: "rows.json:7"}, encoder.longest))
    assert said.startswith('rows that are too long: 5; the row that begins with "0浙商银行的叶老桂')
    assert ' with its prompt and answer; rows.json:7: the row that begins with "1浙商' in said
    assert said.endswith(
        "; and 2 more; expected up to 300 tokens: cut them in two, or leave them out with "
        "--skip-bad"
    )
    assert len(said) < 500


def test_training_renders_what_extract_sends(gateway: Gateway) -> None:
    """Train = serve: the same messages, byte for byte."""
    assert gateway.extract(TEXT).status_code == 200
    (asked,) = gateway.engine.asked
    labels = [label for label in LABELS if label.name in ("company", "name")]
    assert asked["messages"] == list(_encoder().render(TEXT, labels).messages)


def test_a_row_is_folded_as_a_text_is() -> None:
    """The model learns from what it will read; an entity keeps its place."""
    row = _encoder().row(Example("浙商\n银行\u200b叶老桂", (Entity("company", 0, 5),)), LABELS)
    plain = _encoder().row(Example("浙商银行叶老桂", (Entity("company", 0, 4),)), LABELS)
    assert row == plain
