"""``POST /redact``: the text with its entities masked."""

import time
from typing import Any

import pytest

from service.errors import RequestTooLarge
from service.extraction.redact import masked
from service.extraction.text.joining import Found
from service.ner.types import Entity
from service.wire.requests import RedactRequest
from tests.conftest import Gateway, error_of
from tests.service.extraction.test_long_text import when
from tests.support.fake_engine import completes, fails, finds

FOUND = completes("公司：浙商银行\n姓名：叶老桂")


# text, entities, mask, masked, what numbered masks stand for
MASKS = [
    ("叶老桂说", [("name", 0, 3)], "[{LABEL}]", "[NAME]说", {}),
    ("说叶老桂", [("name", 1, 4)], "<{label}>", "说<name>", {}),
    ("😀叶老桂浙商", [("name", 1, 4), ("company", 4, 6)], "*", "😀**", {}),
    ("甲", [("{LABEL}", 0, 1)], "{label}{label}", "{LABEL}{LABEL}", {}),
    ("甲", [("{n}", 0, 1)], "{label}", "{n}", {}),
    ("甲乙", [], "*", "甲乙", {}),
    ("", [], "*", "", {}),
    ("叶老桂和浙商的王明和叶老桂",
     [("name", 0, 3), ("company", 4, 6), ("name", 7, 9), ("name", 10, 13)], "[{LABEL}_{n}]",
     "[NAME_1]和[COMPANY_1]的[NAME_2]和[NAME_1]",
     {"[NAME_1]": "叶老桂", "[COMPANY_1]": "浙商", "[NAME_2]": "王明"}),
    ("叶老桂和浙商", [("name", 0, 3), ("company", 4, 6)], "#{n}", "#1和#2",
     {"#1": "叶老桂", "#2": "浙商"}),
    ("[NAME_1]是叶老桂", [("name", 9, 12)], "[{LABEL}_{n}]", "[NAME_1]是[NAME_2]",
     {"[NAME_2]": "叶老桂"}),
    ("21]是叶老桂", [("name", 4, 7)], "{n}]", "21]是2]", {"2]": "叶老桂"}),
    ("叶老\n桂，叶老桂", [("name", 0, 4), ("name", 5, 8)], "<{n}>", "<1>，<1>", {"<1>": "叶老桂"}),
    # The last letter is read as two; what was found is one of them.
    ("रक, र\u0958", [("name", 0, 2)], "<{n}>", "<1>, <2>", {"<1>": "रक", "<2>": "रक\u093c"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "entities", "mask", "expected", "stands_for"), MASKS)
def test_masks(
    text: str,
    entities: list[tuple[str, int, int]],
    mask: str,
    expected: str,
    stands_for: dict[str, str],
) -> None:
    """Each entity by its mask, all else as it was."""
    found = Found(tuple(Entity(*entity) for entity in entities))
    assert masked(text, found, RedactRequest(text=text, mask=mask)) == (expected, stands_for)


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


def redact(gateway: Gateway, text: str, **fields: object) -> dict[str, Any]:
    """The answer of POST /redact."""
    response = gateway.client.post("/redact", json={"text": text, **fields})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_a_name_found_in_one_chunk_is_masked_in_all(gateway: Gateway) -> None:
    """Where the model overlooked it, too; and folded, as it was read."""
    gateway.engine.script = when("行长", finds("叶老桂"), completes("无"))
    text = (
        "行长叶老桂。" + "今天下雨。" * 60 + "叶老\n桂来了。" + "明天天晴。" * 60 + "叶\u200b老桂。"
    )
    answer = redact(gateway, text, mask="*")
    assert len(answer["entities"]) == 1
    assert answer["redacted"].count("*") == 3
    assert not set("叶老桂") & set(answer["redacted"])


def test_a_break_inside_of_an_entity_leaks_nothing(gateway: Gateway) -> None:
    """The text of the report that this began with."""
    gateway.engine.script = completes("公司：中国工商银行北京分行\n姓名：王小明")
    answer = redact(gateway, "中国工商银\n行北京分行行长王小\n明")
    assert answer["redacted"] == "[COMPANY]行长[NAME]"


def test_the_tail_of_a_mention_that_lost_its_place_is_masked(gateway: Gateway) -> None:
    """What overlaps is one place, with the label of what is longest there."""
    gateway.engine.script = completes("公司：浙商银行\n姓名：行行长叶老桂")
    answer = redact(gateway, "浙商银行行长叶老桂来")
    assert [one["reason"] for one in answer["dropped"]] == ["overlap"]
    assert answer["redacted"] == "[NAME]来"


def test_other_letters_on_request(gateway: Gateway) -> None:
    """Capital and small; only whole words."""
    gateway.engine.script = completes("姓名：Ada")
    text = "Ada met ADA and ada in Adana. "
    assert redact(gateway, text, mask="*")["redacted"] == "* met ADA and ada in Adana. "
    answer = redact(gateway, text, mask="<{n}>", ignore_case=True)
    assert answer["redacted"] == "<1> met <1> and <1> in Adana. "


def test_a_map_gives_back_each_spelling(gateway: Gateway) -> None:
    """Masks replaced by what they stand for are the text again."""
    gateway.engine.script = completes("姓名：Weiß\n姓名：Bob")
    text = "Weiß, WEISS. BOB met Bob, and Bob WEISS"
    answer = redact(gateway, text, mask="[{n}]", ignore_case=True, map=True)
    assert answer["redacted"] == "[1], [2]. [3] met [4], and [4] [2]"
    restored = answer["redacted"]
    for mask, surface in answer["map"].items():
        restored = restored.replace(mask, surface)
    assert restored == text


@pytest.mark.parametrize(
    ("mask", "says"),
    [
        (
            "[{lable}_{n}]",
            'mask has "[{lable}_{n}]", where {lable} is no placeholder (did you mean {label}?); '
            "expected {label}, {LABEL}, {n}, or {{lable}} for the word in braces itself",
        ),
        ("{Label}", "(did you mean {label}?)"),
        ("{N}", "{N} is no placeholder"),
        ("{}", "{} is no placeholder"),
        ("{{redacted}", "{redacted} is no placeholder"),
    ],
)
def test_a_mistyped_placeholder_is_refused(gateway: Gateway, mask: str, says: str) -> None:
    """It would stand in every text, and its numbers be missing."""
    response = gateway.client.post("/redact", json={"text": "甲", "mask": mask})
    assert (response.status_code, error_of(response)["param"]) == (422, "mask")
    assert says in error_of(response)["message"]
    assert gateway.engine.asked == []


@pytest.mark.parametrize(
    ("mask", "redacted"),
    [
        ("{{redacted}}", "{redacted}"),
        ("{{x}}{n}", "{x}1"),
        ("{{LABEL}}", "{NAME}"),
        ("{{n}}", "{1}"),
        ('{"label": "{label}"}', '{"label": "name"}'),
        ("}{", "}{"),
        ("{ ", "{ "),
        ("", ""),
    ],
)
def test_braces(gateway: Gateway, mask: str, redacted: str) -> None:
    """Around a placeholder and alone they stand as they are; around another word, in twos."""
    gateway.engine.script = completes("姓名：叶老桂")
    assert redact(gateway, "叶老桂来", mask=mask)["redacted"] == f"{redacted}来"


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"map": True}, "map"), ({"mask": "{n}{n}"}, "mask"), ({"ignore_case": "yes"}, "ignore_case")],
)
def test_what_cannot_be_told_is_refused(
    gateway: Gateway, fields: dict[str, object], param: str
) -> None:
    """422, before the engine is asked."""
    response = gateway.client.post("/redact", json={"text": "甲", **fields})
    assert (response.status_code, error_of(response)["param"]) == (422, param)
    assert gateway.engine.asked == []


def test_a_masked_text_has_an_end() -> None:
    """One word of a text may stand there a hundred thousand times, and a mask be long."""
    found = Found(entities=(Entity("x" * 64, 0, 2),))
    request = RedactRequest(text="aa " * 5_000, mask="{label}" * 14)
    assert request.text is not None
    with pytest.raises(RequestTooLarge, match="makes 15000 characters longer than 120000"):
        masked(request.text, found, request)
    short = request.model_copy(update={"text": "aa bb"})
    assert masked("aa bb", found, short)[0] == "x" * 64 * 14 + " bb"


def test_digits_without_end_are_no_mask() -> None:
    """To look for one from each of them took an hour, in which nobody else was answered."""
    digits = "1" * 400_000
    found = Found(entities=(Entity("name", 1, 2),))
    for mask in ("{n}]", "1{n}]"):
        request = RedactRequest(text=f"]甲{digits}", mask=mask)
        began = time.process_time()
        text, _ = masked(f"]甲{digits}", found, request)
        assert text == f"]{mask.replace('{n}', '1')}{digits}"
        assert time.process_time() - began < 5
