"""The busiest routes do not go through the framework; what people read of them does."""

import json
import re

import pytest

from tests.conftest import Gateway, error_of
from tests.support.fake_engine import completes
from tests.support.openai_script import BODY, CHAT, chat_answer, writes

REQUESTS = 'nerve_http_requests_total{{method="{}",route="{}",status="{}"}}'


def test_they_are_documented_and_counted_as_the_others(gateway: Gateway) -> None:
    """In the OpenAPI document, and under their path in the metrics."""
    gateway.engine.script = writes(chat_answer("甲"))
    series = REQUESTS.format("POST", CHAT, 200)
    assert gateway.client.post(CHAT, json=BODY).status_code == 200
    before = gateway.metric(series)
    assert gateway.client.post(CHAT, json=BODY).status_code == 200
    assert gateway.metric(series) == before + 1
    assert "post" in gateway.client.get("/openapi.json").json()["paths"][CHAT]


def test_other_methods_and_errors_are_as_everywhere(gateway: Gateway) -> None:
    """405 by the framework; a handler's refusal in the envelope."""
    answer = gateway.client.get(CHAT)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    refused = gateway.client.post(CHAT, json={**BODY, "model": "nobody"})
    assert (refused.status_code, error_of(refused)["type"]) == (404, "not_found_error")


@pytest.mark.parametrize(
    "body",
    [
        {"text": "叶老桂在浙商银行"},
        {"text": ""},
        {"texts": ["叶老桂", 3]},
        {"text": "叶老桂", "labels": []},
        {"text": "叶老桂", "model": "nobody"},
        {"text": "\ud800"},
        {"text": "叶老桂", "texts": []},
        [],
    ],
)
def test_an_extraction_is_the_same_by_either_way(gateway: Gateway, body: object) -> None:
    """A content type that is written otherwise takes the framework's way."""
    gateway.engine.script = completes("姓名：叶老桂")
    content = json.dumps(body).encode()
    one, other = (
        gateway.client.post("/extract", content=content, headers={"content-type": kind})
        for kind in ("application/json", "Application/JSON; charset=utf-8")
    )
    assert one.status_code == other.status_code
    assert without_id(one.text) == without_id(other.text)
    assert one.headers["content-type"] == other.headers["content-type"]


def without_id(answer: str) -> str:
    """Ids differ from answer to answer."""
    return re.sub('"ext-[0-9a-f]+"', "ID", answer)
