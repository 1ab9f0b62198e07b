"""Labels that no adapter was trained on: who answers for them, and what the model is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.ner.control_tokens import QWEN_ADDED_TOKENS, disarm
from tests.conftest import ADAPTER, ENGINE_NAME, Gateway, error_of
from tests.service.ner.grammars import accepts
from tests.support.batching import post
from tests.support.fake_engine import completes
from tests.support.open_adapter import OPEN, OPEN_ENGINE_NAME, open_gateway
from tests.support.scoring import TABLE
from tests.support.streaming import Words, of, streamed

TEXT = "浙商银行的叶老桂"
BANK = {"bank": "takes deposits"}


@pytest.fixture(scope="module")
def shared_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with both kinds of adapter."""
    with open_gateway(tmp_path_factory.mktemp("adapters")) as gateway:
        yield gateway


@pytest.fixture
def pair(shared_pair: Gateway) -> Gateway:
    """It, its engine as new."""
    shared_pair.engine.reset()
    return shared_pair


def system(gateway: Gateway) -> str:
    """The prompt's first message, as it was last asked."""
    message: str = gateway.engine.asked[-1]["messages"][0]["content"]
    return message


@pytest.mark.parametrize(
    ("labels", "model"),
    [
        (None, ADAPTER),
        (["company"], ADAPTER),
        (["name", "company"], ADAPTER),
        (["bank"], OPEN),
        (["company", "bank"], OPEN),  # all of them, so that one model tells them apart
        (BANK, OPEN),
        ({"company": "a firm"}, OPEN),  # whoever describes a label has an idea of their own
        (["公司"], OPEN),
        (["Company"], OPEN),
    ],
)
def test_who_answers_for_which_labels(pair: Gateway, labels: Any, model: str) -> None:
    """The default for what it knows, the open adapter for everything else; the answer says who."""
    answer = pair.extract(TEXT, labels=labels).raise_for_status().json()
    assert answer["model"] == model
    (asked,) = pair.engine.asked
    assert asked["model"] == (OPEN_ENGINE_NAME if model == OPEN else ENGINE_NAME)


def test_it_is_asked_for_what_the_caller_asks(pair: Gateway) -> None:
    """Names and descriptions in the caller's order, and nothing of its own."""
    pair.engine.script = completes("bank：浙商银行\n🐟 鱼：叶老桂\nperson：叶老桂")
    answer = pair.extract(TEXT, labels={**BANK, "🐟 鱼": ""}).json()
    assert system(pair) == "Find all entities.\n- bank: takes deposits\n- 🐟 鱼"
    assert [(one["label"], one["text"]) for one in answer["entities"]] == [
        ("bank", "浙商银行"),
        ("🐟 鱼", "叶老桂"),
    ]
    assert answer["dropped"] == [{"label": "person", "text": "叶老桂", "reason": "unknown_label"}]
    grammar = pair.engine.asked[0]["structured_outputs"]["grammar"]
    assert accepts(grammar, "bank：浙商银行\n🐟 鱼：叶老桂")
    assert not accepts(grammar, "person：叶老桂")


def test_without_labels_it_looks_for_general_ones(pair: Gateway) -> None:
    """Those of its manifest, with their descriptions."""
    answer = pair.extract(TEXT, model=OPEN).json()
    assert answer["model"] == OPEN
    assert system(pair) == "Find all entities.\n- thing\n- person: people by name"


def test_a_model_that_is_named_is_asked(pair: Gateway) -> None:
    """Even for labels that it does not know: 422 says which it has."""
    error = error_of(pair.extract(TEXT, model=ADAPTER, labels=["bank"]))
    assert error["message"] == "labels has 'bank'; expected labels of clue: company, name"
    assert not pair.engine.asked


def test_texts_a_stream_a_batch_and_redaction(pair: Gateway) -> None:
    """Every way of asking finds the same model."""
    pair.engine.script = Words(list("bank：浙商银行"))
    ask = {"labels": BANK}
    many = pair.client.post("/extract", json={"texts": [TEXT, ""], **ask}).json()["results"]
    assert [one["model"] for one in many] == [OPEN, OPEN]
    events = streamed(pair, TEXT, **ask)
    assert [one["label"] for one in of(events, "entity")] == ["bank"]
    assert of(events, "done")[0]["model"] == OPEN
    lines = b'{"text": "x", "labels": ["bank"]}\n{"text": "x"}'
    assert [one["model"] for one in post(pair, lines)] == [OPEN, ADAPTER]
    masked = pair.client.post("/redact", json={"text": TEXT, **ask}).json()
    assert (masked["model"], masked["redacted"]) == (OPEN, "[BANK]的叶老桂")


def test_it_takes_examples(pair: Gateway) -> None:
    """As answers in its own format; the tuned default takes none, and says who does."""
    example = {"text": "招商银行", "entities": [{"label": "bank", "text": "招商银行"}]}
    assert pair.extract(TEXT, labels=BANK, examples=[example]).status_code == 200
    assert pair.engine.asked[0]["messages"][2]["content"] == "bank：招商银行"
    error = error_of(pair.extract(TEXT, examples=[example]))
    assert "clue was tuned without; a model that takes any labels" in error["message"]


def test_its_entities_are_counted_under_one_label(pair: Gateway) -> None:
    """Callers invent labels, and series must not be made by them."""
    series = f'nerve_entities_total{{adapter="{OPEN}",label="open"}}'
    before = pair.metric(series)
    pair.engine.script = completes("bank：浙商银行")
    pair.extract(TEXT, labels=BANK)
    assert pair.metric(series) == before + 1
    assert 'label="bank"' not in pair.client.get("/metrics").text


def test_the_lists_of_models_say_who_takes_any(pair: Gateway) -> None:
    """For clients that choose."""
    models = {one["id"]: one for one in pair.client.get("/v1/models").json()["data"]}
    assert (models[OPEN]["open"], models[OPEN]["labels"]) == (True, ["thing", "person"])
    assert (models[ADAPTER]["open"], models[ADAPTER]["labels"]) == (False, ["company", "name"])
    listed = pair.client.get("/adapters").json()
    assert listed["open"] == OPEN
    assert {one["name"]: one["open"] for one in listed["adapters"]} == {OPEN: True, ADAPTER: False}


def test_a_label_studio_project_brings_its_own(pair: Gateway) -> None:
    """Labels that the default does not know go to the open adapter, with their hints."""
    config = (
        '<View><Labels name="l" toName="t"><Label value="bank" hint="takes deposits"/></Labels>'
        '<Text name="t" value="$text"/></View>'
    )
    pair.engine.script = completes("bank：浙商银行")
    body = {"tasks": [{"id": 1, "data": {"text": TEXT}}], "label_config": config}
    answer = pair.client.post("/label-studio/predict", json=body).raise_for_status().json()
    assert answer["results"][0]["model_version"] == OPEN_ENGINE_NAME
    assert "- bank: takes deposits" in system(pair)


def test_it_has_scores(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Its calibration holds for labels that it never saw."""
    with open_gateway(tmp_path_factory.mktemp("adapters"), TABLE) as gateway:
        written = "bank：浙商银行"
        gateway.engine.script = Words(list(written), [[(one, -0.1)] for one in written])
        (found,) = gateway.extract(TEXT, labels=BANK).json()["entities"]
        assert 0 < found["score"] < 1


@pytest.mark.parametrize("labels", [[], {}, ["a：b"], [" a"], ["a\nb"], ["a" * 65], [""]])
def test_labels_that_cannot_be_asked_for_are_refused(pair: Gateway, labels: Any) -> None:
    """Before the engine is asked: no label, or one that no line can carry."""
    error = error_of(pair.extract(TEXT, labels=labels, model=OPEN))
    assert (error["param"], error["type"]) == ("labels", "invalid_request_error")
    assert not pair.engine.asked


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, st.text(max_size=20), min_size=1, max_size=4))
@example({"<think>": ""})
def test_any_labels_are_asked_for_or_refused(pair: Gateway, labels: dict[str, str]) -> None:
    """Whatever people call things: the engine can say each of them, or 422 says why not."""
    pair.engine.reset()
    answer = pair.extract(TEXT, labels=labels, model=OPEN)
    if answer.status_code == 422:
        assert error_of(answer)["param"] == "labels"
        return
    assert answer.status_code == 200
    grammar = pair.engine.asked[0]["structured_outputs"]["grammar"]
    assert all(accepts(grammar, f"{name}：叶老桂") for name in labels)
    shown = (disarm(name, QWEN_ADDED_TOKENS) for name in labels)
    assert all(f"\n- {name}" in system(pair) for name in shown)


@pytest.mark.parametrize(
    ("description", "title"),
    [("小说，含书名号", "《三体》"), ("小说，不含书名号", "三体"), ("小说", "三体")],
)
def test_a_description_says_whether_a_title_has_its_marks(
    pair: Gateway, description: str, title: str
) -> None:
    """The model wrote it without them."""
    pair.engine.script = completes("书：三体")
    asked = {"labels": {"书": description}, "min_score": 0}
    answer = pair.extract("他读《三体》", **asked).raise_for_status().json()
    assert [one["text"] for one in answer["entities"]] == [title]
