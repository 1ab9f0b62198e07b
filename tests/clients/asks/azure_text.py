"""Azure's text analytics."""

from asking import ASKED, case, run
from azure.ai.textanalytics import TextAnalyticsClient
from azure.core.credentials import AzureKeyCredential


def client(url):
    return TextAnalyticsClient(url, AzureKeyCredential("any"))


@case("recognize_entities")
def _(url, model):
    (document,) = client(url).recognize_entities([ASKED], language="zh-Hans")
    assert not document.is_error
    assert all(ASKED[e.offset : e.offset + e.length] == e.text for e in document.entities)


@case("recognize_pii_entities")
def _(url, model):
    (document,) = client(url).recognize_pii_entities([ASKED], language="zh-Hans")
    assert len(document.redacted_text) == len(ASKED)


run()
