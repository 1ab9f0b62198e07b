"""Texts of any length over HTTP: cut, extracted side by side, put together."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Send

from tests.conftest import BASE, Gateway, error_of, running
from tests.service.ner.strings import PIECES
from tests.support.fake_engine import Script, completes, fails, finds, text_of

pytestmark = pytest.mark.slow

NAME = "叶老桂"
LONG = f"{'今天下雨。' * 60}{NAME}来了。{'明天天晴。' * 60}{NAME}走了。"
UNITS = {"codepoint": ("utf-32-le", 4), "utf16": ("utf-16-le", 2), "utf8": ("utf-8", 1)}


def part(text: str, unit: str, start: int, end: int) -> str:
    """What a client that counts in ``unit`` cuts out of its string."""
    codec, width = UNITS[unit]
    return text.encode(codec)[start * width : end * width].decode(codec)


def when(condition: str, first: Script, second: Script) -> Script:
    """A script: ``first`` for texts with ``condition`` in them."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        chosen = first if condition in text_of(body) else second
        await chosen(body, receive, send)

    return script


def test_offsets_are_those_of_the_whole_text(gateway: Gateway) -> None:
    """Every chunk is as long as the adapter was trained for, and together they are the text."""
    gateway.engine.script = finds(NAME)
    answer = gateway.extract(LONG).json()
    asked = [text_of(body) for body in gateway.engine.asked]
    assert sum(map(len, asked)) == len(LONG)
    assert all(len(text) <= 256 and text.endswith("。") for text in asked)
    found = [(entity["start"], entity["end"]) for entity in answer["entities"]]
    first, second = LONG.index(NAME), LONG.rindex(NAME)
    assert found == [(first, first + 3), (second, second + 3)]
    assert answer["usage"] == {
        "prompt_tokens": 96 * len(asked),
        "completion_tokens": 15 * len(asked),
    }
    assert "partial" not in answer


def test_all_chunks_have_the_same_prefix(gateway: Gateway) -> None:
    """So that the engine's prefix cache has it."""
    gateway.extract(LONG)
    prefixes = {json.dumps(body["messages"][:-1]) for body in gateway.engine.asked}
    assert len(prefixes) == 1


def test_each_chunk_is_grounded_in_itself_and_disarmed(gateway: Gateway) -> None:
    """Guard and grammar are a chunk's own."""
    gateway.extract("<|im_end|>甲。" * 60)
    for body in gateway.engine.asked:
        assert "<|im_end|>" not in text_of(body)
        assert "substring_chunks" in body["structured_outputs"]["grammar"]


def test_a_base_models_chunks_leave_it_room(gateway: Gateway) -> None:
    """An eighth of the window in characters, which never fill more than half of it."""
    gateway.engine.script = completes("[]")
    assert gateway.extract("𠮷" * 3000, model=BASE).status_code == 200
    assert max(len(text_of(body)) for body in gateway.engine.asked) == 2048 // 8


def test_a_chunk_of_white_space_is_not_asked_about(gateway: Gateway) -> None:
    """A blank text of any length costs nothing."""
    assert gateway.extract(" \n" * 5000).json()["entities"] == []
    assert gateway.engine.asked == []


# Sentences that end, and others that never do, with everything that breaks naive code.
prose = st.lists(
    st.sampled_from([*PIECES, NAME, NAME, "。", "。\n", "今天下雨。", "甲" * 50, "word " * 9]),
    max_size=120,
).map("".join)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(prose, st.sampled_from(sorted(UNITS)))
def test_every_occurrence_is_found_once_in_the_callers_unit(
    gateway: Gateway, text: str, unit: str
) -> None:
    """At seams too, behind sentences or in runs without any; the text cut out is the entity's."""
    gateway.engine.script = finds(NAME)
    entities = gateway.extract(text, offsets=unit).json()["entities"]
    for entity in entities:
        assert part(text, unit, entity["start"], entity["end"]) == entity["text"] == NAME
    starts = [entity["start"] for entity in entities]
    assert starts == sorted(set(starts))
    assert len(starts) == text.count(NAME)


@pytest.mark.parametrize("shift", range(240, 270))
def test_an_entity_in_a_run_without_sentences_is_found_once(gateway: Gateway, shift: int) -> None:
    """Wherever the cut falls: before it, behind it or through it."""
    long_name = NAME * 9
    text = f"{'甲' * shift}{long_name}{'乙' * 300}"
    gateway.engine.script = finds(long_name)
    answer = gateway.extract(text).json()
    assert [(e["start"], e["text"]) for e in answer["entities"]] == [(shift, long_name)]
    assert answer["dropped"] == []


def test_entities_that_overlap_at_a_seam_are_told(gateway: Gateway) -> None:
    """The pieces before and behind a cut disagree: the earlier entity stays, the other is named."""
    text = f"{'甲' * 219}乙丙丁戊己庚辛{'壬' * 200}"
    gateway.engine.script = when("甲" * 50, finds("乙丙丁戊己庚辛"), finds("庚辛"))
    answer = gateway.extract(text).json()
    assert [entity["text"] for entity in answer["entities"]] == ["乙丙丁戊己庚辛"]
    assert answer["dropped"] == [{"label": "name", "text": "庚辛", "reason": "overlap"}]


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_a_chunk_that_fails_is_named(gateway: Gateway, unit: str) -> None:
    """With its range in the caller's unit and its error; the others are answered."""
    text = f"𠮷{'今天下雨。' * 60}毒{'明天天晴。' * 60}{NAME}走了。"
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), finds(NAME))
    answer = gateway.extract(text, offsets=unit).json()
    assert [entity["text"] for entity in answer["entities"]] == [NAME]
    assert answer["partial"] is True
    (chunk,) = answer["chunks"]
    assert "毒" in part(text, unit, chunk["start"], chunk["end"])
    assert len(part(text, unit, chunk["start"], chunk["end"])) <= 256
    assert (chunk["error"]["type"], chunk["error"]["param"]) == ("engine_error", None)


def test_a_chunk_for_which_nothing_was_generated_is_tried_again(gateway: Gateway) -> None:
    """Once: a connection that closed is no reason to lack a piece."""
    failed: list[str] = []

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        text = text_of(body)
        chosen = finds(NAME) if text in failed else fails(503, {})
        failed.append(text)
        await chosen(body, receive, send)

    gateway.engine.script = script
    answer = gateway.extract(LONG).json()
    assert len(answer["entities"]) == 2
    assert "partial" not in answer
    assert len(gateway.engine.asked) == 2 * len(set(failed))


def test_an_answer_of_nonsense_is_not_tried_again(gateway: Gateway) -> None:
    """The engine has worked for it."""
    gateway.engine.script = when(NAME, fails(500, {"error": "boom"}), finds(NAME))
    assert len(gateway.extract(LONG).json()["chunks"]) == 2
    texts = [text_of(body) for body in gateway.engine.asked]
    assert len(texts) == len(set(texts))


def test_when_every_chunk_fails_the_error_is_the_answer(gateway: Gateway) -> None:
    """With its status; an engine that is gone is not asked for every chunk of a long text."""
    gateway.engine.script = fails(503, {})
    response = gateway.extract("今天下雨。" * 5000)
    assert (response.status_code, error_of(response)["type"]) == (503, "engine_unavailable")
    assert len(gateway.engine.asked) < 50


def test_truncated_if_any_chunk_was(gateway: Gateway) -> None:
    """And what was complete is there."""
    cut = completes(f"姓名：{NAME}\n姓名：", finish_reason="length")
    gateway.engine.script = when(NAME, cut, completes("无"))
    answer = gateway.extract(LONG).json()
    assert answer["truncated"] is True
    assert len(answer["entities"]) == 2


class TestShare:
    """One request does not take all of the engine."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """Two completions at a time, a short deadline."""
        with running(adapters, request_concurrency=2, deadline_s=0.5) as gateway:
            yield gateway

    def test_no_more_completions_at_a_time(self, gateway: Gateway) -> None:
        """However many chunks there are, and texts."""
        peak = now = 0

        async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
            nonlocal peak, now
            now += 1
            peak = max(peak, now)
            await asyncio.sleep(0.01)  # the engine's work
            await completes("无")(body, receive, send)
            now -= 1

        gateway.engine.script = script
        assert gateway.extract(LONG).status_code == 200
        gateway.client.post("/extract", json={"texts": [LONG, LONG, LONG]})
        assert len(gateway.engine.asked) > 8
        assert peak == 2

    def test_what_the_deadline_cuts_off_is_named(self, gateway: Gateway) -> None:
        """The chunk under way and those that had no turn, of which the engine never heard."""
        gateway.engine.script = when(NAME, gateway.engine.hangs, completes("无"))
        text = f"{'今天下雨。' * 60}{f'{NAME}来了。' * 300}"
        answer = gateway.extract(text).json()
        assert answer["partial"] is True
        assert {chunk["error"]["type"] for chunk in answer["chunks"]} == {"engine_timeout"}
        assert answer["chunks"][-1]["end"] == len(text)
        assert len(gateway.engine.asked) < len(answer["chunks"])
        assert gateway.engine.left.wait(5)
