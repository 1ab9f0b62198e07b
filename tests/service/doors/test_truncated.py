"""What the shapes of other services cannot say: an answer is truncated, mentions were dropped."""

from typing import Any

import pytest

from tests.conftest import Gateway
from tests.support.fake_engine import completes

TEXT = "叶老桂和王明"
CUT = completes("姓名：叶老桂\n姓名：张三\n姓", finish_reason="length")


def amazon(gateway: Gateway, operation: str, **fields: Any) -> Any:
    """What Comprehend's door answers."""
    headers = {"x-amz-target": f"Comprehend_20171127.{operation}"}
    return gateway.client.post("/", json={"LanguageCode": "zh", **fields}, headers=headers)


def azure(gateway: Gateway, kind: str) -> Any:
    """What Azure's door answers."""
    documents = [{"id": "1", "text": TEXT}]
    body = {"kind": kind, "analysisInput": {"documents": documents}}
    return gateway.client.post("/language/:analyze-text", json=body)


def test_headers_say_so(gateway: Gateway) -> None:
    """As they do of `/extract?format=`; of several texts together."""
    gateway.engine.script = CUT
    for answer, dropped in (
        (gateway.client.post("/", json={"inputs": TEXT}), "2"),
        (gateway.client.post("/", json={"inputs": [TEXT, TEXT]}), "4"),
        (amazon(gateway, "DetectEntities", Text=TEXT), "2"),
        (amazon(gateway, "BatchDetectEntities", TextList=[TEXT, TEXT]), "4"),
        (azure(gateway, "EntityRecognition"), "2"),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-nerve-truncated"] == "true"
        assert answer.headers["x-nerve-dropped"] == dropped
    gateway.engine.script = completes("姓名：叶老桂")
    answer = gateway.client.post("/analyze", json={"text": TEXT, "language": "zh"})
    assert answer.headers["x-nerve-truncated"] == "false"


def test_a_warning_says_so_at_azures(gateway: Gateway) -> None:
    """With the original's code."""
    gateway.engine.script = CUT
    (document,) = azure(gateway, "EntityRecognition").json()["results"]["documents"]
    assert [one["code"] for one in document["warnings"]] == ["DocumentTruncated"]


@pytest.mark.parametrize("operation", ["DetectPiiEntities", "ContainsPiiEntities"])
def test_personal_entities_at_comprehends(gateway: Gateway, operation: str) -> None:
    """An error: what is not found passes for harmless."""
    gateway.engine.script = CUT
    answer = amazon(gateway, operation, Text=TEXT)
    assert answer.json()["__type"] == "TextSizeLimitExceededException"
    assert (answer.status_code, "ran out of room" in answer.text) == (400, True)


def test_personal_entities_at_azures(gateway: Gateway) -> None:
    """The document's error; no text comes back as redacted."""
    gateway.engine.script = CUT
    results = azure(gateway, "PiiEntityRecognition").json()["results"]
    assert results["documents"] == []
    assert [one["error"]["code"] for one in results["errors"]] == ["InvalidArgument"]


@pytest.mark.parametrize("text", [TEXT, [TEXT, TEXT]])
def test_presidios(gateway: Gateway, text: object) -> None:
    """Of a list too, which has no place for an error."""
    gateway.engine.script = CUT
    answer = gateway.client.post("/analyze", json={"text": text, "language": "zh"})
    assert (answer.status_code, "ran out of room" in answer.json()["error"]) == (413, True)
