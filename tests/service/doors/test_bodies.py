"""What a door takes of a body: what it has no use for is not held while the engine works."""

import json
from typing import Any

import pytest

from service.doors.comprehend import PREFIX
from service.wire import cbor
from tests.conftest import ADAPTER, Gateway
from tests.support.fake_engine import finds
from tests.support.held_memory import held

pytestmark = pytest.mark.slow

AZURE = "/language/:analyze-text"
TARGET = {"x-amz-target": "Comprehend_20171127.BatchDetectEntities"}
NESTED: list[object] = [[[]]] * 100_000
DOCUMENT = {"id": "1", "text": "叶老桂"}
ENDPOINT = f"arn:aws:comprehend:eu:1:entity-recognizer-endpoint/{ADAPTER}"


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/", {"inputs": "叶老桂", "options": {"wait_for_model": NESTED}}, {}),
        ("/analyze", {"text": "叶老桂", "language": "zh", "context": NESTED}, {}),
        ("/", {"TextList": ["叶老桂", NESTED], "LanguageCode": "zh"}, TARGET),
        (
            AZURE,
            {
                "kind": "EntityRecognition",
                "analysisInput": {
                    "documents": [DOCUMENT, {"id": "2", "text": "叶", "language": NESTED}]
                },
            },
            {},
        ),
        (
            AZURE,
            {
                "kind": "PiiEntityRecognition",
                "analysisInput": {"documents": [DOCUMENT, {"id": "2", "text": NESTED}]},
            },
            {},
        ),
    ],
)
def test_what_is_ignored_is_let_go(
    gateway: Gateway, path: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    """Parsed, it takes thirty times its bytes, and the engine may take a minute."""
    raw = json.dumps(body).encode()
    answer, times = held(gateway, finds("叶老桂"), path, raw, **headers)
    assert answer.status_code == 200, answer.text
    assert times < 6


def test_an_item_of_cbor_is_let_go(gateway: Gateway) -> None:
    """A byte of it takes 72."""
    body = {"TextList": ["叶老桂", [{}] * 9_000], "LanguageCode": "zh"}
    headers = {"content-type": cbor.MEDIA_TYPE}
    path = PREFIX + "BatchDetectEntities"
    for _ in range(2):  # the first of a process makes what it keeps
        answer, times = held(gateway, finds("叶老桂"), path, cbor.dumps(body), **headers)
    found = cbor.loads(answer.content)
    assert (len(found["ResultList"]), len(found["ErrorList"])) == (1, 1)
    assert times < 40  # of few bytes: most is what any request takes


@pytest.mark.parametrize(("path", "name"), [("/", "inputs"), ("/analyze", "text")])
@pytest.mark.parametrize("several", [True, False])
def test_a_text_that_is_too_large_is_no_fault_of_the_engine(
    gateway: Gateway, path: str, name: str, several: bool
) -> None:
    """Nor one of several, whose answer has no place for an error."""
    large = "a" * 1_000_001
    language = {"language": "zh"} if name == "text" else {}
    body = {name: [large, "x"] if several else large, **language}
    assert gateway.client.post(path, json=body).status_code == 413


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/", {"inputs": "x", "options": []}, "options has []; expected an object"),
        ("/", {"inputs": "x", "parameters": {"stride": []}}, "stride has []; expected an integer"),
        ("/", {"inputs": ["x", []]}, "inputs[1] has []; expected a string"),
        ("/analyze", {"text": "x", "language": "zh", "correlation_id": 1}, "expected a string"),
        ("/analyze", {"text": "x", "language": "zh", "context": {}}, "expected a list"),
        ("/analyze", {"text": "x", "language": "zh", "regex_flags": True}, "expected an integer"),
        (
            "/analyze",
            {"text": "x", "language": "zh", "return_decision_process": 1},
            "expected true or false",
        ),
        (
            PREFIX + "DetectEntities",
            {"Text": "x", "EndpointArn": ENDPOINT, "LanguageCode": []},
            "LanguageCode has []; expected a string",
        ),
    ],
)
def test_what_is_ignored_has_its_type(
    gateway: Gateway, path: str, body: dict[str, Any], says: str
) -> None:
    """The original's; the engine is not asked."""
    is_cbor = path.startswith(PREFIX)
    raw = cbor.dumps(body) if is_cbor else json.dumps(body).encode()
    kind = cbor.MEDIA_TYPE if is_cbor else "application/json"
    answer = gateway.client.post(path, content=raw, headers={"content-type": kind})
    assert answer.status_code in (400, 422)
    said = cbor.loads(answer.content) if is_cbor else answer.json()
    assert says in json.dumps(said)
    assert gateway.engine.asked == []
