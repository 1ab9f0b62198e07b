"""Azure's own client, unmodified, asks for entities."""

import re
from typing import Any

import pytest

from tests.conftest import Gateway
from tests.service.extraction.test_long_text import when
from tests.support.fake_engine import completes, fails, finds
from tests.support.scoring import surely

azure = pytest.importorskip("azure.ai.textanalytics")
from azure.core.credentials import AzureKeyCredential  # noqa: E402
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError  # noqa: E402

TEXT = "浙商银行的😀叶老桂"
FOUND = "公司：浙商银行\n姓名：叶老桂"
RAIN = "今天下雨。" * 60  # more than a chunk
PATH = "/language/:analyze-text?api-version=2023-04-01"


def client_of(url: str, key: str = "any") -> Any:
    """As its documents say; without retries."""
    return azure.TextAnalyticsClient(url, AzureKeyCredential(key), retry_total=0)


def test_recognize_entities(gateway: Gateway) -> None:
    """Its own categories; offsets in code points; a number for a score."""
    gateway.engine.script = surely(FOUND)
    (document,) = client_of(gateway.url).recognize_entities([TEXT], language="zh-Hans")
    assert not document.is_error
    found = [(e.category, e.text, e.offset, e.length) for e in document.entities]
    assert found == [("Organization", "浙商银行", 0, 4), ("Person", "叶老桂", 6, 3)]
    assert {e.confidence_score for e in document.entities} == {1.0}


def test_in_utf16(gateway: Gateway) -> None:
    """As .NET and JavaScript count."""
    gateway.engine.script = surely(FOUND)
    client = client_of(gateway.url)
    (document,) = client.recognize_pii_entities([TEXT], string_index_type="Utf16CodeUnit")
    assert [(e.offset, e.length) for e in document.entities] == [(0, 4), (7, 3)]
    assert document.redacted_text == "****的😀***"


def test_personal_entities(gateway: Gateway) -> None:
    """With the text redacted; some categories alone."""
    gateway.engine.script = surely(FOUND)
    client = client_of(gateway.url)
    (document,) = client.recognize_pii_entities([TEXT])
    assert [e.category for e in document.entities] == ["Organization", "Person"]
    (document,) = client.recognize_pii_entities([TEXT], categories_filter=["Person"])
    assert [e.category for e in document.entities] == ["Person"]
    assert document.redacted_text == "浙商银行的😀***"


@pytest.mark.parametrize("wanted", [["All"], ["Default"], ["all", "Email"], []])
def test_every_category(gateway: Gateway, wanted: list[str]) -> None:
    """Two of the original's names are no category, but all of them."""
    gateway.engine.script = surely(FOUND)
    client = client_of(gateway.url)
    (document,) = client.recognize_pii_entities([TEXT], categories_filter=wanted)
    assert [e.category for e in document.entities] == ["Organization", "Person"]
    assert document.redacted_text == "****的😀***"


def test_a_category_in_other_letters_beside_one_of_the_originals(gateway: Gateway) -> None:
    """Names are compared without case; a warning says what is not found here."""
    gateway.engine.script = surely(FOUND)
    client = client_of(gateway.url)
    wanted = ["person", "PhoneNumber"]
    (document,) = client.recognize_pii_entities([TEXT], categories_filter=wanted)
    assert document.redacted_text == "浙商银行的😀***"
    (warning,) = document.warnings
    assert 'piiCategories has ["PhoneNumber"]' in warning.message


def test_categories_that_are_not_here(gateway: Gateway) -> None:
    """Refused with those there are: the text would come back as it is."""
    with pytest.raises(HttpResponseError, match="expected one of Organization, Person, or All"):
        client_of(gateway.url).recognize_pii_entities([TEXT], categories_filter=["Persn"])
    assert gateway.engine.asked == []


@pytest.mark.parametrize(
    ("text", "written", "redacted"),
    [
        (f"叶老桂来了。{RAIN}毒，叶老桂走了。", None, f"***来了。{RAIN}毒，***走了。"),
        ("甲乙丙丁来了", "姓名：甲乙丙\n公司：丙丁", "****来了"),
        ("叶老\n桂来了，叶老桂", "姓名：叶老桂", "****来了，***"),
    ],
)
def test_what_redact_masks_is_redacted(
    gateway: Gateway, text: str, written: str | None, redacted: str
) -> None:
    """A surface wherever it stands, and what lost its place: as ``POST /redact``."""
    script = completes(written) if written else when("毒", completes("无"), finds("叶老桂"))
    gateway.engine.script = script
    (document,) = client_of(gateway.url).recognize_pii_entities([text])
    assert document.redacted_text == redacted
    masked = gateway.client.post("/redact", json={"text": text, "mask": "*"}).json()["redacted"]
    assert re.sub(r"\*+", "*", document.redacted_text) == masked


def test_what_lost_its_place_is_of_a_category(gateway: Gateway) -> None:
    """One that is not asked for stays, as ``POST /redact`` leaves a label that is not."""
    gateway.engine.script = completes("姓名：甲乙丙\n公司：丙丁")
    client = client_of(gateway.url)
    (document,) = client.recognize_pii_entities(["甲乙丙丁来了"], categories_filter=["Person"])
    assert document.redacted_text == "***丁来了"


def test_documents_in_order_each_with_its_own_error(gateway: Gateway) -> None:
    """An empty text and one over the original's limit are errors of their documents."""
    gateway.engine.script = finds("叶老桂")
    answers = client_of(gateway.url).recognize_entities(["叶老桂", " ", "字" * 5121, "无人", "\0"])
    assert [one.is_error for one in answers] == [False, True, True, False, True]
    assert [len(one.entities) for one in answers if not one.is_error] == [1, 0]
    assert answers[1].error.code == "InvalidDocument"
    assert "5120" in answers[2].error.message
    assert "documents[4].text has" in answers[4].error.message


def test_an_id_that_cannot_be_written(gateway: Gateway) -> None:
    """Half a surrogate pair would come back in the answer."""
    document = '{"id": "\\ud800", "text": ""}'
    body = f'{{"kind": "EntityRecognition", "analysisInput": {{"documents": [{document}]}}}}'
    answer = gateway.client.post(PATH, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert 'documents.id has "\\ud800"; expected' in answer.json()["error"]["message"]


DOCUMENT = {"id": "1", "language": "zh", "text": "叶老桂"}
PARAMETERS = {
    "modelVersion": "latest",
    "loggingOptOut": True,
    "domain": "phi",
    "piiCategories": ["Person"],
    "stringIndexType": "UnicodeCodePoint",
}


def body_of(kind: str, document: Any = DOCUMENT, **parameters: Any) -> dict[str, Any]:
    """A request's."""
    return {
        "kind": kind,
        "analysisInput": {"documents": [document]},
        "parameters": parameters,
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (body_of("PiiEntityRecognition") | {"parms": {}}, "parms is not a field of"),
        (
            body_of("PiiEntityRecognition") | {"analysisInput": {"documents": [], "x": 1}},
            "x is not a field of analysisInput",
        ),
        (
            body_of("PiiEntityRecognition", piiCategorys=["Person"]),
            "piiCategorys is not a field of parameters (did you mean piiCategories?)",
        ),
        (
            body_of("EntityRecognition", piiCategories=["Person"]),
            "piiCategories is not a field of parameters",
        ),
        (body_of("EntityRecognition", {**DOCUMENT, "txt": ""}), "txt is not a field of a document"),
        (body_of("EntityRecognition", loggingOptOut="no"), 'loggingOptOut has "no"'),
    ],
)
def test_a_field_that_would_be_ignored(gateway: Gateway, body: dict[str, Any], says: str) -> None:
    """Refused by name; the engine is not asked."""
    answer = gateway.client.post(PATH, json=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]
    assert gateway.engine.asked == []


def test_every_field_of_the_original(gateway: Gateway) -> None:
    """Those that have no meaning here are taken too."""
    gateway.engine.script = finds("叶老桂")
    body = body_of("PiiEntityRecognition", **PARAMETERS)
    (document,) = gateway.client.post(PATH, json=body).json()["results"]["documents"]
    assert document["redactedText"] == "***"


def test_the_originals_limit_of_documents(gateway: Gateway) -> None:
    """400 with the original's codes."""
    with pytest.raises(HttpResponseError, match="expected up to 5") as caught:
        client_of(gateway.url).recognize_entities(["x"] * 6)
    assert caught.value.status_code == 400
    assert getattr(caught.value.error, "code", None) == "InvalidDocumentBatch"
    assert gateway.engine.asked == []


def test_an_engine_that_is_away(gateway: Gateway) -> None:
    """An error of the document, as the original tells what failed with one."""
    gateway.engine.script = fails(503, {})
    (document,) = client_of(gateway.url).recognize_entities(["叶"])
    assert document.is_error
    assert "starting" in document.error.message


def test_what_is_not_here(gateway: Gateway) -> None:
    """Another kind of analysis is refused by name."""
    with pytest.raises(HttpResponseError, match="expected one of EntityRecognition"):
        client_of(gateway.url).analyze_sentiment(["x"])


def test_the_subscription_key_is_the_key(with_keys: Gateway) -> None:
    """A wrong one is what the client knows as that."""
    with_keys.engine.script = surely(FOUND)
    assert client_of(with_keys.url, "sesame").recognize_entities([TEXT])[0].entities
    with pytest.raises(ClientAuthenticationError, match="a wrong api key"):
        client_of(with_keys.url, "other").recognize_entities([TEXT])
