"""Labels or examples that fill the model's window do so in every part of every text: the engine
counts them for the first parts, not for all."""

import json
from typing import Any

import pytest

from tests.conftest import BASE, Gateway, error_of
from tests.support.fake_engine import FakeEngine, text_of

LABELS = {f"label {place}": "说明" * 100 for place in range(10)}
EXAMPLES = [{"text": "银" * 200, "entities": []}] * 8
FILLING = [("labels", {"labels": LABELS}), ("examples", {"labels": ["x"], "examples": EXAMPLES})]


def counted(engine: FakeEngine) -> int:
    """How often the engine was asked to count."""
    return sum(seen.path == "/tokenize" for seen in engine.seen)


@pytest.mark.parametrize(("param", "fields"), FILLING)
@pytest.mark.parametrize("stream", [False, True])
def test_a_long_text(gateway: Gateway, param: str, fields: dict[str, object], stream: bool) -> None:
    """One refusal, that names the field; at most two counts for each part that was under way."""
    gateway.engine.tokens = 3000
    response = gateway.extract("甲" * 20_000, model=BASE, stream=stream, **fields)
    assert (response.status_code, error_of(response)["param"]) == (413, param)
    assert "a prompt of 3000 tokens" in error_of(response)["message"]
    assert counted(gateway.engine) <= 16
    assert gateway.engine.asked == []


@pytest.mark.parametrize(("param", "fields"), FILLING)
def test_many_texts(gateway: Gateway, param: str, fields: dict[str, object]) -> None:
    """Each has the refusal."""
    gateway.engine.tokens = 3000
    body = {"texts": ["甲" * 600] * 100, "model": BASE, **fields}
    results = gateway.client.post("/extract", json=body).json()["results"]
    assert [one["error"]["param"] for one in results] == [param] * 100
    assert counted(gateway.engine) <= 16


@pytest.mark.parametrize(("param", "fields"), FILLING)
def test_a_row_of_a_batch(gateway: Gateway, param: str, fields: dict[str, object]) -> None:
    """Rows have labels of their own, so each is refused by itself."""
    gateway.engine.tokens = 3000
    row = json.dumps({"text": "甲" * 20_000, "model": BASE, **fields}) + "\n"
    lines = gateway.client.post("/extract/batch", content=row).text.splitlines()
    assert [json.loads(line)["error"]["param"] for line in lines] == [param]
    assert counted(gateway.engine) <= 16


def test_parts_that_are_too_long_are_no_ones_but_their_own(gateway: Gateway) -> None:
    """The labels leave room, so other parts are extracted."""

    def count(body: dict[str, Any]) -> int:
        return 2040 if "长" in text_of(body) else 1900

    gateway.engine.tokens = count
    text = f"{'长' * 200}。{'甲' * 200}。{'长' * 200}。{'乙' * 200}。"
    answer = gateway.extract(text, model=BASE, labels=LABELS).json()
    assert [(one["start"], one["end"]) for one in answer["chunks"]] == [(0, 201), (402, 603)]
    assert len(gateway.engine.asked) == 2


def test_a_text_that_leaves_no_room_is_no_reason_to_refuse_others(gateway: Gateway) -> None:
    """Of several."""
    gateway.engine.tokens = lambda body: 2040 if "长" in text_of(body) else 1900
    body = {"texts": ["长" * 200, "甲"], "model": BASE, "labels": LABELS}
    refused, answered = gateway.client.post("/extract", json=body).json()["results"]
    assert refused["error"]["param"] == "labels"
    assert answered["entities"] == []
