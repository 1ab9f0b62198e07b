"""Amazon's client, asking Comprehend."""

import boto3
from asking import ASKED, case, run


def client(url):
    return boto3.client(
        "comprehend",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )


@case("detect_entities")
def _(url, model):
    for one in client(url).detect_entities(Text=ASKED, LanguageCode="zh")["Entities"]:
        assert ASKED[one["BeginOffset"] : one["EndOffset"]] == one["Text"]


@case("batch_detect_entities")
def _(url, model):
    answer = client(url).batch_detect_entities(TextList=[ASKED, ASKED], LanguageCode="zh")
    assert len(answer["ResultList"]) == 2 and not answer["ErrorList"]


@case("detect_pii_entities, contains_pii_entities")
def _(url, model):
    assert "Entities" in client(url).detect_pii_entities(Text=ASKED, LanguageCode="zh")
    assert "Labels" in client(url).contains_pii_entities(Text=ASKED, LanguageCode="zh")


@case("errors by the client's classes")
def _(url, model):
    asked = client(url)
    try:
        asked.batch_detect_entities(TextList=["x"] * 26, LanguageCode="zh")
    except asked.exceptions.BatchSizeLimitExceededException:
        return
    raise AssertionError("no BatchSizeLimitExceededException")


run()
