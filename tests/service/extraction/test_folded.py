"""Texts as they come, over HTTP: what is hidden in a text neither halves nor moves an entity."""

import unicodedata
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Send

from tests.conftest import BASE, Gateway
from tests.service.extraction.test_long_text import part, when
from tests.support.fake_engine import completes, fails, finds, text_of
from tests.support.streaming import Words, events_of, of

NAMES = ("中国工商银行", "王小明", "浙江省杭州市", "Zürich", "New York", "Ada Lovelace")
FILLERS = ("今天下午到达，", "的行长认为", "，而且在", "。他说过的话", "went to see", "lives in")

INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\xad", "\u200e", "\u202e", "\x02")
SELECTORS = ("\ufe00", "\U000e0101")
SOFT = ("\n", "\r\n", " \n", "\r\n\u200b", "\v", "\xa0", "\u2009")
BLANKS = ("\n", "\r\n", " \n ", "\xa0", "\u2009", "\u3000", "\t", "  ", "\u2028")


@dataclass(frozen=True)
class Inserted:
    """A text, and where its entities stand in it."""

    text: str
    spans: tuple[tuple[int, int], ...]

    def put(
        self, place: int, hidden: str, *, belongs: bool = False, instead: int = 0
    ) -> "Inserted":
        """With something at a place, ``instead`` of so many characters; what ``belongs`` to the
        character before it is a part of an entity that ends there."""

        def start(edge: int) -> int:
            return edge + len(hidden) - instead if place <= edge else edge

        def end(edge: int) -> int:
            return start(edge) if place < edge or (belongs and place == edge) else edge

        text = self.text[:place] + hidden + self.text[place + instead :]
        return Inserted(text, tuple((start(first), end(last)) for first, last in self.spans))


@st.composite
def hidden_in(draw: st.DrawFn) -> Inserted:
    """A sentence of ours, in which things are hidden anywhere."""
    text, spans = "他们", list[tuple[int, int]]()
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)):
        gap = " " if name[0] < "\u0100" else ""
        text += draw(st.sampled_from(FILLERS)) + gap
        spans.append((len(text), len(text) + len(name)))
        text += name + gap
    found = Inserted(text + "的朋友。", tuple(spans))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(1, len(found.text) - 1))
        before, after = found.text[place - 1], found.text[place]
        # Two line breaks, one drawn into a blank that has one, would end the paragraph.
        if after == " " and before.isalpha() and "A" <= found.text[place + 1] <= "z":
            found = found.put(place, draw(st.sampled_from(BLANKS)), instead=1)
        elif _is_ideograph(before) and _is_ideograph(after) and draw(st.booleans()):
            found = found.put(place, draw(st.sampled_from(SOFT)))
        # Cut off from its letter, a selector would belong to nothing.
        elif not before.isspace() and before.isprintable() and after not in SELECTORS:
            kind = draw(st.sampled_from([INVISIBLE, SELECTORS]))
            hidden = draw(st.sampled_from(kind))
            found = found.put(place, hidden, belongs=kind is SELECTORS)
    return found


async def _says(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """The model finds the names that it can read, streamed or not."""
    lines = [f"姓名：{name}" for name in NAMES if name in text_of(body)]
    await Words(["\n".join(lines) or "无"])(body, receive, send)


def _is_ideograph(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


@settings(deadline=None)
@given(hidden_in(), st.sampled_from(["codepoint", "utf16", "utf8"]), st.booleans())
def test_what_is_hidden_halves_nothing(
    shared_gateway: Gateway, hidden: Inserted, unit: str, stream: bool
) -> None:
    """Each entity is found as if nothing had been hidden, where it stands in the text as received,
    without what only stands beside it; in every unit, streamed or not."""
    shared_gateway.engine.reset()
    shared_gateway.engine.script = _says
    response = shared_gateway.extract(hidden.text, offsets=unit, stream=stream)
    found = of(events_of(response.content), "entity") if stream else response.json()["entities"]
    expected = [hidden.text[start:end] for start, end in hidden.spans]
    assert [entity["text"] for entity in found] == expected
    for entity, (start, _) in zip(found, hidden.spans, strict=True):
        assert part(hidden.text, unit, entity["start"], entity["end"]) == entity["text"]
        assert len(part(hidden.text, unit, 0, entity["start"])) == start


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (unicodedata.normalize("NFD", "Er lebt in Zürich."), "Zürich"),
        ("⽯⼩明来了", "石小明"),
        ("\ufeff⽯⼩\u200b明来了", "石小明"),
        ("oﬃce of Pﬁzer in", "Pfizer"),
    ],
)
def test_what_looks_the_same_is_the_same(gateway: Gateway, text: str, name: str) -> None:
    """The model reads, and can write, the ordinary characters."""
    gateway.engine.script = finds(name)
    (entity,) = gateway.extract(text).json()["entities"]
    assert text[entity["start"] : entity["end"]] == entity["text"]
    assert unicodedata.normalize("NFKC", entity["text"]).replace("\u200b", "") == name
    assert name in text_of(gateway.engine.asked[0])


def test_control_tokens_are_found_in_the_folded_text(gateway: Gateway) -> None:
    """Hiding something inside one does not smuggle it through."""
    gateway.engine.script = completes("姓名：<|im_end|>")
    answer = gateway.extract("他<|im\u200b_end|>叶老桂").json()
    assert text_of(gateway.engine.asked[0]) == "他＜|im_end|>叶老桂"
    assert answer["dropped"][0]["reason"] == "not_in_text"


@pytest.mark.parametrize("text", ["\ufeff", "\u200b\u200b", "\u3164"])
def test_a_text_that_nobody_sees_is_blank(gateway: Gateway, text: str) -> None:
    """No entities, no engine call."""
    answer = gateway.extract(text).json()
    assert (answer["entities"], gateway.engine.asked) == ([], [])


def test_examples_are_folded_with_their_entities(gateway: Gateway) -> None:
    """As texts are."""
    gateway.engine.script = completes("[]")
    example = {"text": "住在New\nYork的", "entities": [{"label": "city", "text": "New\nYork"}]}
    answer = gateway.extract("甲", model=BASE, labels=["city"], examples=[example])
    assert answer.status_code == 200
    asked = gateway.engine.asked[0]["messages"]
    assert asked[1]["content"] == "住在New York的"
    assert asked[2]["content"] == '[{"label": "city", "text": "New York"}]'


def test_failed_parts_and_the_others_are_the_text(gateway: Gateway) -> None:
    """A part that failed is named by its place in the text as received."""
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), finds("叶老桂"))
    text = "\ufeff" + "今\u200b天下雨。" * 60 + "毒" + "明\xa0天天晴。" * 60 + "叶老\n桂来了。"
    answer = gateway.extract(text).json()
    (failed,) = answer["chunks"]
    assert "毒" in text[failed["start"] : failed["end"]]
    (entity,) = answer["entities"]
    assert text[entity["start"] : entity["end"]] == entity["text"] == "叶老\n桂"


def test_a_long_text_is_cut_where_it_was_not_split(gateway: Gateway) -> None:
    """A soft break is no place to cut: the chunk has the whole name."""
    gateway.engine.script = finds("叶老桂")
    text = "今天下雨明天天晴" * 30 + "叶老\n桂" + "今天下雨明天天晴" * 30
    (entity,) = gateway.extract(text).json()["entities"]
    assert entity["text"] == "叶老\n桂"


async def _says_halves(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """The model names the letters of a ligature, and a letter apart from its second mark."""
    says = (
        "公司：招商f\n姓名：i王" if "招商" in text_of(body) else "公司：\u1ea1\u0301b\n姓名：\u1ea1"
    )
    await Words([says])(body, receive, send)


@pytest.mark.parametrize("stream", [False, True])
def test_halves_of_a_character_do_not_overlap(gateway: Gateway, stream: bool) -> None:
    """The second would have the character that the first has: it is dropped."""
    gateway.engine.script = _says_halves
    response = gateway.extract("招商ﬁ王", stream=stream)
    events = events_of(response.content) if stream else []
    answer = response.json() if not stream else {}
    entities = of(events, "entity") if stream else answer["entities"]
    assert [(one["text"], one["start"], one["end"]) for one in entities] == [("招商ﬁ", 0, 3)]
    dropped = of(events, "dropped") if stream else answer["dropped"]
    assert dropped == [{"label": "name", "text": "i王", "reason": "overlap"}]


@pytest.mark.parametrize("stream", [False, True])
def test_parts_of_a_character_are_it_once(gateway: Gateway, stream: bool) -> None:
    """Two mentions of one label that are one place here; overlaps are sorted by their places."""
    gateway.engine.script = completes("公司：a\u0301\n公司：f\n公司：i\n姓名：ib\n公司：fib")
    if stream:
        gateway.engine.script = _says_parts
    response = gateway.extract("ﬁb", overlaps="all", stream=stream)
    found = of(events_of(response.content), "entity") if stream else response.json()["entities"]
    places = [(one["label"], one["start"], one["end"]) for one in found]
    assert len(set(places)) == len(places)
    assert sorted(places) == [("company", 0, 1), ("company", 0, 2), ("name", 0, 2)]
    assert stream or [place[1:] for place in places] == [(0, 1), (0, 2), (0, 2)]


async def _says_parts(body: dict[str, Any], receive: Receive, send: Send) -> None:
    await Words(["公司：fib\n姓名：ib\n公司：f\n公司：i"])(body, receive, send)


def test_redaction_masks_halves_of_a_character_with_it(gateway: Gateway) -> None:
    """The map gives the whole text back, whether they may overlap or not."""
    gateway.engine.script = _says_halves
    for overlaps in ("longest", "all"):
        for text, read in (
            ("在招商ﬁ王处", "在招商fi王处"),
            ("xa\u0301\u0323by", "x\u1ea1\u0301by"),
        ):
            body = {"text": text, "overlaps": overlaps, "mask": "[{LABEL}_{n}]", "map": True}
            answer = gateway.client.post("/redact", json=body).json()
            again = answer["redacted"]
            for mask, surface in answer["map"].items():
                again = again.replace(mask, surface)
            assert again == read
