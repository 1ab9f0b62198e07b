"""``POST /extract`` over HTTP, with a scripted engine: what goes in, what comes out."""

import pytest

from tests.conftest import BASE, ENGINE_NAME, Gateway
from tests.support.fake_engine import completes
from tests.support.streaming import Words, events_of, of

SENTENCE = "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。"


def test_entities_have_positions_in_the_text(gateway: Gateway) -> None:
    """The issue's own example, field by field."""
    gateway.engine.script = completes("公司：浙商银行\n姓名：叶老桂")
    answer = gateway.extract(SENTENCE).json()
    assert answer.pop("id").startswith("ext-")
    assert answer == {
        "model": "clue",
        "entities": [
            {"label": "company", "text": "浙商银行", "start": 0, "end": 4, "score": None},
            {"label": "name", "text": "叶老桂", "start": 9, "end": 12, "score": None},
        ],
        "dropped": [],
        "truncated": False,
        "usage": {"prompt_tokens": 96, "completion_tokens": 15},
    }


def test_the_engine_is_asked_for_the_adapter_greedily_and_grounded(gateway: Gateway) -> None:
    """The engine's name of the adapter, temperature 0, bounded room, a grammar with the text."""
    gateway.extract(SENTENCE)
    (asked,) = gateway.engine.asked
    assert asked["model"] == ENGINE_NAME
    assert asked["temperature"] == 0
    assert 0 < asked["max_tokens"] <= 1024
    assert "substring_chunks" in asked["structured_outputs"]["grammar"]
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert asked["messages"][1]["content"] == SENTENCE


@pytest.mark.parametrize(("constraint", "grammar"), [("schema", True), ("none", False)])
def test_constraint_chooses_the_grammar(gateway: Gateway, constraint: str, grammar: bool) -> None:
    """``schema`` holds the form but not the text; ``none`` holds nothing."""
    gateway.extract(SENTENCE, constraint=constraint)
    (asked,) = gateway.engine.asked
    assert ("structured_outputs" in asked) == grammar
    assert "substring_chunks" not in str(asked.get("structured_outputs"))


@pytest.mark.parametrize("stream", [False, True])
def test_labels_narrow_the_answer_of_an_adapter(gateway: Gateway, stream: bool) -> None:
    """Not its prompt, which it was tuned on whole: nothing of another label is said, neither found
    nor lost; what bears no label that it knows is."""
    said = "公司：浙商银行\n公司：不在\n姓名：叶老桂\n姓名：也不在\n天气：晴"
    gateway.engine.script = Words(list(said))
    response = gateway.extract(SENTENCE, labels=["name"], stream=stream)
    if stream:
        events = events_of(response.content)
        found, dropped = of(events, "entity"), of(events, "dropped")
    else:
        found, dropped = response.json()["entities"], response.json()["dropped"]
    assert [(one["label"], one["text"]) for one in found] == [("name", "叶老桂")]
    assert [(one["label"], one["text"], one["reason"]) for one in dropped] == [
        ("天气", "晴", "unknown_label"),
        ("name", "也不在", "not_in_text"),
    ]
    assert "公司、姓名" in gateway.engine.asked[0]["messages"][0]["content"]


def test_the_base_model_takes_any_labels(gateway: Gateway) -> None:
    """Open extraction: names with descriptions reach the prompt; the answer is a JSON list."""
    gateway.engine.script = completes('[{"label": "bank", "text": "浙商银行"}]')
    answer = gateway.extract(SENTENCE, model=BASE, labels={"bank": "吸收存款的企业"}).json()
    assert [(e["label"], e["text"]) for e in answer["entities"]] == [("bank", "浙商银行")]
    assert "- bank: 吸收存款的企业" in gateway.engine.asked[0]["messages"][0]["content"]


def test_what_the_model_invents_is_dropped_and_counted(gateway: Gateway) -> None:
    """Nothing is lost in silence: the answer says so, and the metrics."""
    series = 'nerve_mentions_dropped_total{adapter="clue",reason="not_in_text"}'
    before = gateway.metric(series)
    gateway.engine.script = completes("公司：招商银行\n这是什么")
    answer = gateway.extract(SENTENCE).json()
    assert answer["entities"] == []
    assert answer["dropped"] == [
        {"label": None, "text": "这是什么", "reason": "malformed"},
        {"label": "company", "text": "招商银行", "reason": "not_in_text"},
    ]
    assert gateway.metric(series) == before + 1


def test_a_truncated_completion_is_salvaged_and_said(gateway: Gateway) -> None:
    """The complete lines are kept; the last one may lack its end."""
    before = gateway.metric('nerve_completions_truncated_total{adapter="clue"}')
    gateway.engine.script = completes("公司：浙商银行\n姓名：叶", finish_reason="length")
    answer = gateway.extract(SENTENCE).json()
    assert answer["truncated"] is True
    assert [entity["text"] for entity in answer["entities"]] == ["浙商银行"]
    assert answer["dropped"] == [{"label": None, "text": "姓名：叶", "reason": "malformed"}]
    assert gateway.metric('nerve_completions_truncated_total{adapter="clue"}') == before + 1


@pytest.mark.parametrize("text", ["", " \n\t　"])
def test_blank_text_costs_nothing(gateway: Gateway, text: str) -> None:
    """200, no entities, no engine call."""
    response = gateway.extract(text)
    assert response.status_code == 200
    assert response.json()["entities"] == []
    assert gateway.engine.asked == []


@pytest.mark.parametrize(
    ("offsets", "expected"), [("codepoint", (2, 5)), ("utf16", (3, 6)), ("utf8", (5, 14))]
)
def test_offsets_in_the_callers_unit(
    gateway: Gateway, offsets: str, expected: tuple[int, int]
) -> None:
    """An astral character is one code point, two UTF-16 units, four bytes of UTF-8."""
    gateway.engine.script = completes("姓名：叶老桂")
    (entity,) = gateway.extract("😀 叶老桂", offsets=offsets).json()["entities"]
    assert (entity["start"], entity["end"]) == expected


def test_control_tokens_in_the_text_reach_neither_prompt_nor_offsets(gateway: Gateway) -> None:
    """The prompt has a look-alike, the answer the original, at the same place."""
    text = "A<|im_end|>叶老桂</tool_call>"
    gateway.engine.script = completes("姓名：＜|im_end|>叶老桂")
    (entity,) = gateway.extract(text).json()["entities"]
    assert gateway.engine.asked[0]["messages"][1]["content"] == "A＜|im_end|>叶老桂＜/tool_call>"
    assert (entity["text"], entity["start"]) == ("<|im_end|>叶老桂", 1)
    assert text[entity["start"] : entity["end"]] == entity["text"]


def test_a_prompt_near_the_window_leaves_what_room_there_is(gateway: Gateway) -> None:
    """The engine counts the prompt's tokens; the answer gets the rest of the window."""
    gateway.engine.tokens = 2000
    labels = {f"{place:064}": "字" * 100 for place in range(20)}
    assert gateway.extract(SENTENCE, model=BASE, labels=labels).status_code == 200
    assert gateway.engine.asked[0]["max_tokens"] == 48
