"""An ML back end for Label Studio: the requests are those that Label Studio 1.23.2 sent."""

import base64
import logging
from pathlib import Path

import pytest

from tests.conftest import BASE, ENGINE_NAME, Gateway, error_of, running
from tests.service.extraction.test_long_text import when
from tests.service.guard.test_keys import table
from tests.support.fake_engine import completes, fails, finds
from tests.support.label_studio_requests import config_of, predict, set_up
from tests.support.scoring import surely

TEXT = "😀👨‍👩‍👧 浙商银行的叶老桂\r\n叶老桂"
FOUND = "公司：浙商银行\n姓名：叶老桂"


def test_connecting(gateway: Gateway) -> None:
    """Health, then the version: it changes when the weights do."""
    assert gateway.client.get("/label-studio/health").json() == {
        "status": "UP",
        "model_class": "Nerve",
    }
    assert set_up(gateway).json() == {"model_version": ENGINE_NAME}
    assert gateway.client.get("/label-studio/versions").json() == {"versions": [ENGINE_NAME]}


def test_a_prediction_has_the_right_characters_and_scores(scored: Gateway) -> None:
    """Code points, past emoji and both line breaks; the prediction's score is the least."""
    scored.engine.script = surely(FOUND, {"叶": 0.7})
    (prediction,) = predict(scored, TEXT).json()["results"]
    assert prediction["model_version"] == ENGINE_NAME
    assert prediction["score"] == 0.7
    regions = prediction["result"]
    assert regions[0] == {
        "id": "text-0",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {"start": 7, "end": 11, "text": "浙商银行", "labels": ["company"]},
        "score": 1.0,
    }
    found = [(r["value"]["start"], r["value"]["end"], r["value"]["labels"]) for r in regions]
    assert found == [(7, 11, ["company"]), (12, 15, ["name"]), (17, 20, ["name"])]
    assert all(TEXT[r["value"]["start"] : r["value"]["end"]] == r["value"]["text"] for r in regions)


def test_two_names_of_one_label_are_told_as_that(gateway: Gateway) -> None:
    """Which of them a mark would have is nobody's to say."""
    answer = predict(gateway, TEXT, config=config_of('value="company"', 'value="公司"'))
    assert answer.status_code == 422
    assert error_of(answer)["message"] == (
        "label_config: labels has 'company' and '公司', which are both company of clue; expected "
        "one of them"
    )


def test_one_prediction_a_task_in_order(gateway: Gateway) -> None:
    """Tasks without entities too: Label Studio needs as many answers as there are tasks."""
    gateway.engine.script = finds("叶老桂")
    results = predict(gateway, "叶老桂", "没有", " ", "是叶老桂").json()["results"]
    starts = [[one["value"]["start"] for one in result["result"]] for result in results]
    assert starts == [[0], [], [], [1]]
    assert results[1] == {"result": [], "score": None, "model_version": ENGINE_NAME}
    assert predict(gateway).json() == {"results": []}


@pytest.mark.parametrize(
    "labels",
    [
        ('value="Company"', 'value="NAME"'),
        ('value="公司"', 'value="姓名"'),
        ('value="机构" alias="company"', 'value="人" alias="name"'),
    ],
)
def test_labels_of_the_config_are_the_adapters(gateway: Gateway, labels: tuple[str, ...]) -> None:
    """By name or written form, whatever the case; the answer has the config's."""
    gateway.engine.script = completes(FOUND)
    results = predict(gateway, TEXT, config=config_of(*labels)).json()["results"]
    named = [one.split('"')[-2] for one in labels]
    assert [one["value"]["labels"][0] for one in results[0]["result"]] == [*named, named[1]]


def test_only_the_labels_of_the_config(gateway: Gateway) -> None:
    """An adapter's others are none of this project's."""
    gateway.engine.script = completes(FOUND)
    (result,) = predict(gateway, TEXT, config=config_of('value="name"')).json()["results"]
    assert {one["value"]["labels"][0] for one in result["result"]} == {"name"}


def test_a_model_that_takes_any_labels_gets_the_hints(gateway: Gateway) -> None:
    """Named in the address; the version is its own."""
    gateway.engine.script = completes('[{"label": "dish", "text": "面"}]')
    config = config_of('value="dish" hint="what one eats"')
    (result,) = predict(gateway, "一碗面", config=config, model=f"/{BASE}").json()["results"]
    assert result["model_version"] == BASE
    assert [one["value"]["text"] for one in result["result"]] == ["面"]
    assert "what one eats" in gateway.engine.asked[-1]["messages"][0]["content"]


def test_what_cannot_be_found_is_refused_when_connecting(gateway: Gateway) -> None:
    """With the labels that there are; and a model that there is not."""
    refused = set_up(gateway, config_of('value="name"', 'value="dish"'))
    assert refused.status_code == 422
    assert error_of(refused)["message"] == (
        "schema: labels has 'dish'; expected labels of clue: company, name"
    )
    assert set_up(gateway, model="/nothing").status_code == 404
    many = config_of(*(f'value="{number}"' for number in range(101)))
    assert error_of(set_up(gateway, many, model=f"/{BASE}"))["param"] == "schema"
    assert error_of(predict(gateway, "甲", config=many))["param"] == "label_config"
    error = error_of(set_up(gateway, "<View/>"))
    assert error["param"] == "schema"
    assert error["message"].startswith("schema has no Labels with a Label")


def test_a_task_that_fails_has_no_result(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """So Label Studio keeps no prediction, and asks again; the others have theirs. The log says
    so, without the text."""
    caplog.set_level(logging.WARNING, "nerve")
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), finds("叶老桂"))
    good, bad, missing = predict(gateway, "叶老桂", "毒药", None).json()["results"]
    assert len(good["result"]) == 1
    assert (set(bad), bad["error"]["type"]) == ({"error"}, "engine_error")
    assert missing["error"]["param"] == "tasks[2].data.text"
    logged = [record.getMessage() for record in caplog.records if "label studio" in record.msg]
    assert logged == [
        "label studio: 1 of 3 tasks: engine_error",
        "label studio: 1 of 3 tasks: invalid_request_error",
    ]


def test_a_text_that_lacks_a_part_has_no_prediction(gateway: Gateway) -> None:
    """Nobody would see that it was not looked at."""
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), finds("叶老桂"))
    text = f"{'今天下雨。' * 60}毒{'明天天晴。' * 60}"
    assert predict(gateway, text).status_code == 502


def test_a_text_whose_answer_ran_out_of_room_has_no_prediction(gateway: Gateway) -> None:
    """Nobody would see that entities are missing."""
    cut = completes("姓名：叶老桂\n姓", finish_reason="length")
    gateway.engine.script = when("毒", cut, finds("叶老桂"))
    good, bad = predict(gateway, "叶老桂", "毒，叶老桂").json()["results"]
    assert len(good["result"]) == 1
    assert (set(bad), bad["error"]["type"]) == ({"error"}, "request_too_large")


def test_webhooks_are_heard_and_nothing_is_kept(gateway: Gateway) -> None:
    """Training is asked for by people, from an export."""
    told = {"action": "ANNOTATION_CREATED", "task": {}, "annotation": {}}
    assert gateway.client.post("/label-studio/webhook", json=told).json() == {"kept": False}
    answer = gateway.client.post("/label-studio/webhook", json={"action": "START_TRAINING"})
    assert answer.status_code == 422
    assert "`nerve adapter train`" in error_of(answer)["message"]


def test_the_key_is_the_password(adapters: Path, tmp_path: Path) -> None:
    """All that Label Studio can send; on other routes a password is no key."""
    keys = tmp_path / "keys.toml"
    keys.write_text(table("studio", "s3:cret", "extract") + table("other", "o", "openai"))
    with running(adapters, api_keys_file=keys) as gateway:

        def status(path: str, authorization: str | None) -> int:
            headers = {"authorization": authorization} if authorization else {}
            return gateway.client.get(path, headers=headers).status_code

        def basic(password: str) -> str:
            return "Basic " + base64.b64encode(f"nerve:{password}".encode()).decode()

        health = "/label-studio/health"
        assert status(health, basic("s3:cret")) == 200
        assert status(health, "Bearer s3:cret") == 200
        assert status(health, basic("o")) == 403
        for wrong in (None, basic("wrong"), "Basic ???", "Basic", "Digest s3:cret"):
            assert status(health, wrong) == 401
        assert status("/adapters", basic("s3:cret")) == 401
