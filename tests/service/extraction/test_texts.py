"""``texts``: several in one request, each with an answer or an error of its own."""

import json

import pytest

from tests.conftest import ADAPTER, Gateway
from tests.service.extraction.test_long_text import when
from tests.support.fake_engine import fails, finds
from tests.support.held_memory import held


def test_answers_are_in_the_order_of_the_texts(gateway: Gateway) -> None:
    """Each as if it had been asked alone."""
    gateway.engine.script = finds("叶老桂")
    texts = [f"{'甲' * place}叶老桂" for place in range(40)]
    response = gateway.client.post("/extract", json={"texts": texts, "offsets": "utf8"})
    assert response.status_code == 200
    results = response.json()["results"]
    assert [result["entities"][0]["start"] for result in results] == [3 * n for n in range(40)]
    assert set(results[0]) == {"id", "model", "entities", "dropped", "truncated", "usage"}
    assert len({result["id"] for result in results}) == 40
    assert {result["model"] for result in results} == {ADAPTER}


def test_no_texts_no_results(gateway: Gateway) -> None:
    """An empty list is a list."""
    assert gateway.client.post("/extract", json={"texts": []}).json() == {"results": []}


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("3", "texts[1] has 3; expected a string"),
        ("null", "texts[1] has null; expected a string"),
        ('"\\ud800"', 'texts[1] has "\\ud800"; expected a string without lone surrogates'),
        ('"a\\u0000"', 'texts[1] has "a\\u0000"; expected a string without lone surrogates'),
    ],
)
def test_an_item_that_is_no_text_is_that_items_error(
    gateway: Gateway, item: str, says: str
) -> None:
    """By name; its neighbours are answered."""
    gateway.engine.script = finds("叶老桂")
    body = f'{{"texts": ["叶老桂", {item}, "叶老桂"]}}'
    headers = {"content-type": "application/json"}
    first, second, third = gateway.client.post(
        "/extract", content=body.encode(), headers=headers
    ).json()["results"]
    assert len(first["entities"]) == len(third["entities"]) == 1
    assert second["error"]["type"] == "invalid_request_error"
    assert second["error"]["param"] == "texts[1]"
    assert says in second["error"]["message"]


def test_an_item_that_is_no_text_is_not_kept(gateway: Gateway) -> None:
    """A nested list takes thirty times its bytes, and the engine may take a minute."""
    raw = json.dumps({"texts": ["叶老桂", [[[]]] * 100_000]}).encode()
    answer, times = held(gateway, finds("叶老桂"), "/extract", raw)
    assert "expected a string" in answer.json()["results"][1]["error"]["message"]
    assert times < 5


def test_the_engines_failure_is_the_items(gateway: Gateway) -> None:
    """200, the others are answered."""
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), finds("叶老桂"))
    response = gateway.client.post("/extract", json={"texts": ["毒", "叶老桂"]})
    first, second = response.json()["results"]
    assert first["error"]["type"] == "engine_error"
    assert len(second["entities"]) == 1


def test_what_is_wrong_with_all_is_the_requests_error(gateway: Gateway) -> None:
    """A model that does not exist, labels that it does not know."""
    for wrong, status in (({"model": "nope"}, 404), ({"labels": ["nope"]}, 422)):
        response = gateway.client.post("/extract", json={"texts": ["a"], **wrong})
        assert response.status_code == status
