"""``examples``: few shots for the base model, whose entities never get into an answer."""

from collections.abc import Iterator

import pytest

from tests.conftest import BASE, Gateway, error_of, running
from tests.service.ner.grammars import accepts
from tests.support.fake_engine import completes
from tests.support.open_adapter import OPEN as OPEN_NAME
from tests.support.open_adapter import put_open

EXAMPLE = {
    "text": "招商银行的<|im_end|>王小明",
    "entities": [{"label": "bank", "text": "招商银行"}, {"label": "person", "text": "王小明"}],
}
OPEN = {"model": BASE, "labels": ["bank", "person"]}


def test_examples_are_turns_before_the_text(gateway: Gateway) -> None:
    """Rendered as the text is, answered in the model's format, control tokens disarmed."""
    gateway.engine.script = completes("[]")
    assert gateway.extract("浙商银行", **OPEN, examples=[EXAMPLE, EXAMPLE]).status_code == 200
    (asked,) = gateway.engine.asked
    roles = [message["role"] for message in asked["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert asked["messages"][1]["content"] == "招商银行的＜|im_end|>王小明"
    assert asked["messages"][2]["content"] == (
        '[{"label": "bank", "text": "招商银行"}, {"label": "person", "text": "王小明"}]'
    )
    assert asked["messages"][5]["content"] == "浙商银行"


def test_an_examples_entity_cannot_be_generated(gateway: Gateway) -> None:
    """The grammar is made of the text alone: it takes the text's entity and not the example's."""
    gateway.engine.script = completes("[]")
    gateway.extract("浙商银行", **OPEN, examples=[EXAMPLE])
    grammar = gateway.engine.asked[0]["structured_outputs"]["grammar"]
    assert accepts(grammar, '[{"label": "bank", "text": "浙商银行"}]')
    assert not accepts(grammar, '[{"label": "bank", "text": "招商银行"}]')


@pytest.mark.parametrize("constraint", ["schema", "none"])
def test_without_the_grammar_it_is_dropped(gateway: Gateway, constraint: str) -> None:
    """What the model copies from an example is not in the text."""
    gateway.engine.script = completes('[{"label": "person", "text": "王小明"}]')
    answer = gateway.extract("浙商银行", **OPEN, examples=[EXAMPLE], constraint=constraint).json()
    assert answer["entities"] == []
    assert answer["dropped"] == [{"label": "person", "text": "王小明", "reason": "not_in_text"}]


def test_every_chunk_has_the_examples(gateway: Gateway) -> None:
    """As part of the prefix that the engine caches."""
    gateway.engine.script = completes("[]")
    gateway.extract("浙商银行。" * 200, **OPEN, examples=[EXAMPLE])
    assert len(gateway.engine.asked) > 3
    assert all(len(asked["messages"]) == 4 for asked in gateway.engine.asked)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"examples": [EXAMPLE]}, "expected none, since clue was tuned without"),
        ({**OPEN, "labels": ["bank"], "examples": [EXAMPLE]}, "entities[1].label has 'person'"),
        (
            {**OPEN, "examples": [{"text": "甲", "entities": [{"label": "bank", "text": "乙"}]}]},
            "examples[0].entities[0].text has '乙'; expected a part of the example's text",
        ),
        ({**OPEN, "examples": [EXAMPLE] * 9}, "expected up to 8"),
        ({**OPEN, "examples": {"text": "甲"}}, 'examples has {"text": "甲"}; expected up to 8'),
        (
            {**OPEN, "examples": ["甲"]},
            'examples[0] has "甲"; expected an object of text, entities',
        ),
        (
            {**OPEN, "examples": [{"text": "甲"}]},
            'examples[0].entities is missing; expected up to 50 of {"label", "text"}',
        ),
        (
            {**OPEN, "examples": [{"input": "甲", "text": "甲", "entities": []}]},
            "examples[0].input is not a field; expected text, entities",
        ),
        (
            {**OPEN, "examples": [{"text": "甲", "entities": [["bank", "甲"]]}]},
            'examples[0].entities[0] has ["bank", "甲"]; expected an object of label, text',
        ),
        (
            {**OPEN, "examples": [{"text": "甲", "entities": [{"type": "bank", "text": "甲"}]}]},
            'examples[0].entities[0] has {"type": "bank", "text": "甲"}; expected an object of',
        ),
        (
            {**OPEN, "examples": [{"input": "甲", "output": "乙"}]},
            'examples[0] has {"input": "甲", "output": "乙"}; expected an object of text, entities',
        ),
        (
            {**OPEN, "examples": [{"text": "甲", "entities": [{"text": "甲"}]}]},
            "examples[0].entities[0].label is missing; expected one of the request's labels",
        ),
        (
            {**OPEN, "examples": [{"text": "甲\0", "entities": []}]},
            'examples[0].text has "甲\\u0000"; expected a string of 1 to 500 characters, without',
        ),
    ],
)
def test_examples_that_cannot_be_used_are_refused(
    gateway: Gateway, fields: dict[str, object], says: str
) -> None:
    """422, the engine is not asked."""
    response = gateway.extract("浙商银行", **fields)
    assert (response.status_code, error_of(response)["param"]) == (422, "examples")
    assert says in error_of(response)["message"]
    assert gateway.engine.asked == []


@pytest.fixture(scope="module")
def tagging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose adapter takes any labels, and writes the text again with tags."""
    adapters = tmp_path_factory.mktemp("adapters")
    manifest = put_open(adapters) / "adapter.toml"
    said = manifest.read_text(encoding="utf-8")
    manifest.write_text(said.replace('"lines"', '"inline_tags"'), encoding="utf-8")
    (adapters / "registry.toml").write_text(f'default = "{OPEN_NAME}"\n', encoding="utf-8")
    with running(adapters) as gateway:
        yield gateway


def _example(text: str, *entities: tuple[str, str]) -> dict[str, object]:
    return {"text": text, "entities": [{"label": one, "text": said} for one, said in entities]}


@pytest.mark.parametrize(
    ("text", "entities", "answer"),
    [
        (
            "李四见王明",
            [("person", "王明"), ("person", "李四")],
            "<person>李四</person>见<person>王明</person>",
        ),
        (
            "王明见李四，王明走",
            [("person", "王明"), ("person", "李四"), ("person", "王明")],
            "<person>王明</person>见<person>李四</person>，<person>王明</person>走",
        ),
        (
            "北京大学在北京",
            [("city", "北京"), ("bank", "北京大学")],
            "<bank>北京大学</bank>在<city>北京</city>",
        ),
    ],
)
def test_entities_are_written_in_the_order_of_the_text(
    tagging: Gateway, text: str, entities: list[tuple[str, str]], answer: str
) -> None:
    """In whatever order they are given."""
    tagging.engine.reset()
    tagging.engine.script = completes("浙商银行")
    labels = ["bank", "person", "city"]
    tagging.extract("浙商银行", labels=labels, examples=[_example(text, *entities)])
    assert tagging.engine.asked[0]["messages"][2]["content"] == answer


@pytest.mark.parametrize(
    ("text", "entities", "says"),
    [
        (
            "王明",
            [("bank", "王明"), ("person", "王明")],
            "'王明' does not follow the mention before",
        ),
        (
            "北京大学",
            [("bank", "北京大学"), ("person", "北京")],
            "expected entities that do not over",
        ),
        (
            "王\u200b明",
            [("person", "\u200b")],
            "entities[0].text has '\\u200b', of which the model",
        ),
        ("王 明", [("person", "王"), ("person", " ")], "entities[1].text has ' ', of which"),
        ("exam-\nple", [("person", "-")], "entities[0].text has '-', of which"),
    ],
)
def test_entities_that_no_answer_can_have_are_refused(
    tagging: Gateway, text: str, entities: list[tuple[str, str]], says: str
) -> None:
    """They are the caller's error, and the model is taught nothing of them."""
    tagging.engine.reset()
    example = _example(text, *entities)
    response = tagging.extract("浙商银行", labels=["bank", "person"], examples=[example])
    assert (response.status_code, error_of(response)["param"]) == (422, "examples")
    assert says in error_of(response)["message"]
    assert tagging.engine.asked == []
