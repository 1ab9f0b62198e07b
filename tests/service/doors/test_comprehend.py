"""Amazon's own client, unmodified, asks Comprehend for entities, in both of its protocols."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.conftest import ADAPTER, Gateway
from tests.support.fake_engine import fails, finds
from tests.support.scoring import surely

boto3 = pytest.importorskip("boto3")
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

TEXT = "浙商银行的😀叶老桂"
FOUND = "公司：浙商银行\n姓名：叶老桂"


@cache
def session_of(protocol: str) -> Any:
    """A session whose Comprehend speaks ``protocol``; making one reads the model of the service."""
    session = boto3.session.Session()
    loader = session._session.get_component("data_loader")
    model = loader.load_service_model("comprehend", "service-2")
    model["metadata"]["protocol"] = protocol
    model["metadata"]["protocols"] = [protocol]
    return session


def client_of(url: str, protocol: str, key: str = "any") -> Any:
    """As its documents say; without retries."""
    return session_of(protocol).client(
        "comprehend",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id=key,
        aws_secret_access_key="not known to the gateway",
        config=Config(retries={"max_attempts": 0}),
    )


@pytest.fixture(params=["json", "smithy-rpc-v2-cbor"])
def client(gateway: Gateway, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The client in one of its protocols; which is its default depends on its version."""
    gateway.engine.script = surely(FOUND)
    yield client_of(gateway.url, request.param)


def test_detect_entities(client: Any) -> None:
    """Its own types; offsets in code points; a number for a score."""
    answer = client.detect_entities(Text=TEXT, LanguageCode="zh")
    assert answer["Entities"] == [
        {
            "Score": 1.0,
            "Type": "ORGANIZATION",
            "Text": "浙商银行",
            "BeginOffset": 0,
            "EndOffset": 4,
        },
        {"Score": 1.0, "Type": "PERSON", "Text": "叶老桂", "BeginOffset": 6, "EndOffset": 9},
    ]
    assert answer["ResponseMetadata"]["RequestId"]


def test_the_model_of_an_endpoint(client: Any) -> None:
    """Its name is the adapter's, and its language holds."""
    arn = "arn:aws:comprehend:eu-central-1:123456789012:entity-recognizer-endpoint/"
    assert client.detect_entities(Text=TEXT, EndpointArn=arn + ADAPTER)["Entities"]
    with pytest.raises(ClientError, match="expected one of") as caught:
        client.detect_entities(Text=TEXT, EndpointArn=arn + "nope")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_batch(gateway: Gateway, client: Any) -> None:
    """Results and errors by index; a text over the original's limit is an error of its own."""
    gateway.engine.script = finds("叶老桂")
    answer = client.batch_detect_entities(
        TextList=["叶老桂", "字" * 2000, "无人", "\0"], LanguageCode="zh"
    )
    assert [(one["Index"], len(one["Entities"])) for one in answer["ResultList"]] == [
        (0, 1),
        (2, 0),
    ]
    long, wrong = answer["ErrorList"]
    assert (long["Index"], long["ErrorCode"]) == (1, "TEXT_SIZE_LIMIT_EXCEEDED")
    assert (wrong["Index"], wrong["ErrorCode"]) == (3, "INVALID_REQUEST")
    assert wrong["ErrorMessage"].startswith('TextList[3] has "\\u0000"; expected a string')


def test_personal_entities(client: Any) -> None:
    """Those whose label is personal; the other labels are not asked for."""
    answer = client.detect_pii_entities(Text=TEXT, LanguageCode="zh")
    assert answer["Entities"] == [{"Score": 1.0, "Type": "NAME", "BeginOffset": 6, "EndOffset": 9}]
    labels = client.contains_pii_entities(Text=TEXT, LanguageCode="zh")["Labels"]
    assert labels == [{"Name": "NAME", "Score": 1.0}]


@pytest.mark.parametrize(
    ("operation", "fields", "code"),
    [
        ("detect_entities", {"Text": "x"}, "InvalidRequestException"),
        ("detect_entities", {"Text": "x", "LanguageCode": "xx"}, "UnsupportedLanguageException"),
        (
            "detect_entities",
            {"Text": "x" * 102_401, "LanguageCode": "zh"},
            "TextSizeLimitExceededException",
        ),
        (
            "batch_detect_entities",
            {"TextList": ["x"] * 26, "LanguageCode": "zh"},
            "BatchSizeLimitExceededException",
        ),
        ("detect_sentiment", {"Text": "x", "LanguageCode": "zh"}, "InvalidRequestException"),
        (
            "detect_entities",
            {"Bytes": b"x", "LanguageCode": "zh"},
            "InvalidRequestException",
        ),
    ],
)
def test_the_originals_limits_and_errors(
    gateway: Gateway, client: Any, operation: str, fields: dict[str, Any], code: str
) -> None:
    """By the name of the original's exception; the engine is not asked."""
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**fields)
    error = caught.value.response["Error"]
    assert (error["Code"], bool(error["Message"])) == (code, True)
    assert gateway.engine.asked == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "ServiceUnavailableException"), (429, "TooManyRequestsException")],
)
def test_an_engine_that_cannot(gateway: Gateway, client: Any, status: int, code: str) -> None:
    """With a status that the client tries again by itself."""
    gateway.engine.script = fails(status, {})
    with pytest.raises(ClientError) as caught:
        client.detect_entities(Text=TEXT, LanguageCode="zh")
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor"])
def test_the_access_key_id_is_the_key(with_keys: Gateway, protocol: str) -> None:
    """Whatever it is signed with."""
    with_keys.engine.script = surely(FOUND)
    right = client_of(with_keys.url, protocol, "sesame")
    assert right.detect_entities(Text=TEXT, LanguageCode="zh")["Entities"]
    wrong = client_of(with_keys.url, protocol, "other")
    with pytest.raises(ClientError, match="a wrong api key") as caught:
        wrong.detect_entities(Text=TEXT, LanguageCode="zh")
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
