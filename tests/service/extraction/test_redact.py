"""``POST /redact``: the text with its entities masked."""

import pytest

from service.extraction.redact import redacted
from service.ner.types import Entity
from tests.conftest import Gateway, error_of
from tests.service.extraction.test_long_text import when
from tests.support.fake_engine import completes, fails, finds

FOUND = completes("公司：浙商银行\n姓名：叶老桂")


@pytest.mark.parametrize(
    ("text", "entities", "mask", "expected"),
    [
        ("叶老桂说", [Entity("name", 0, 3)], "[{LABEL}]", "[NAME]说"),
        ("说叶老桂", [Entity("name", 1, 4)], "<{label}>", "说<name>"),
        ("😀叶老桂浙商", [Entity("name", 1, 4), Entity("company", 4, 6)], "*", "😀**"),
        ("甲", [Entity("{LABEL}", 0, 1)], "{label}{label}", "{LABEL}{LABEL}"),
        ("甲乙", [], "*", "甲乙"),
        ("", [], "*", ""),
    ],
)
def test_redacted(text: str, entities: list[Entity], mask: str, expected: str) -> None:
    """Each entity by its mask, all else as it was."""
    assert redacted(text, entities, mask) == expected


@pytest.mark.parametrize("offsets", ["codepoint", "utf16", "utf8"])
def test_the_answer_is_extracts_with_the_masked_text(gateway: Gateway, offsets: str) -> None:
    """Whatever unit the caller counts in."""
    gateway.engine.script = FOUND
    body = {"text": "😀浙商银行的叶老桂", "offsets": offsets}
    answer = gateway.client.post("/redact", json=body).json()
    assert answer["redacted"] == "😀[COMPANY]的[NAME]"
    extracted = gateway.client.post("/extract", json=body).json()
    assert answer["entities"] == extracted["entities"]


def test_labels_choose_what_is_masked(gateway: Gateway) -> None:
    """And the mask may say nothing."""
    gateway.engine.script = FOUND
    body = {"texts": ["浙商银行的叶老桂", 3], "labels": ["name"], "mask": ""}
    first, second = gateway.client.post("/redact", json=body).json()["results"]
    assert first["redacted"] == "浙商银行的"
    assert second["error"]["param"] == "texts[1]"


def test_a_text_that_lacks_a_part_is_an_error(gateway: Gateway) -> None:
    """What was not looked at must not pass for masked."""
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), finds("叶老桂"))
    text = f"{'今天下雨。' * 60}毒{'明天天晴。' * 60}"
    response = gateway.client.post("/redact", json={"text": text})
    assert (response.status_code, error_of(response)["type"]) == (502, "engine_error")


def test_a_wrong_mask_is_named(gateway: Gateway) -> None:
    """422; what is a field here is none of /extract."""
    response = gateway.client.post("/redact", json={"text": "a", "mask": 3})
    assert error_of(response)["param"] == "mask"
    assert "expected up to 100 characters" in error_of(response)["message"]
    response = gateway.client.post("/redact", json={"text": "a", "x": 3})
    assert "expected model, labels" in error_of(response)["message"]
    assert gateway.extract("a", mask="*").status_code == 422
