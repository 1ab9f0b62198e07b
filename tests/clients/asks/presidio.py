"""Presidio."""

import json
import urllib.request

from asking import ASKED, case, run
from presidio_analyzer.predefined_recognizers import AzureAILanguageRecognizer


@case("the analyzer's /analyze, as its clients ask it")
def _(url, model):
    body = json.dumps({"text": ASKED, "language": "zh"}).encode()
    request = urllib.request.Request(f"{url}/analyze", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert isinstance(json.load(answer), list)


@case("its AzureAILanguageRecognizer, with the gateway's address")
def _(url, model):
    recognizer = AzureAILanguageRecognizer(
        azure_ai_key="any", azure_ai_endpoint=url, supported_language="zh"
    )
    for one in recognizer.analyze(ASKED):
        assert 0 <= one.start < one.end <= len(ASKED)


run()
