"""Presidio's analyzer, as its clients ask it over HTTP."""

import time
from typing import Any

import pytest

from tests.conftest import Gateway
from tests.support.fake_engine import completes, finds
from tests.support.scoring import surely

TEXT = "浙商银行的叶老桂"
FOUND = "公司：浙商银行\n姓名：叶老桂"


def analyze(gateway: Gateway, **fields: Any) -> Any:
    """What the analyzer answers."""
    body = {"text": TEXT, "language": "zh", **fields}
    return gateway.client.post("/analyze", json=body).json()


def test_analyze(gateway: Gateway) -> None:
    """Its own names of entities, with a number for a score."""
    gateway.engine.script = surely(FOUND)
    first, second = analyze(gateway)
    assert (first["entity_type"], first["start"], first["end"]) == ("ORGANIZATION", 0, 4)
    assert (second["entity_type"], second["score"]) == ("PERSON", 1.0)
    assert second["analysis_explanation"] is None


def test_what_is_asked_for(gateway: Gateway) -> None:
    """Some entities, those that are sure enough, those that are not on a list."""
    gateway.engine.script = surely(FOUND, {"桂": 0.5})
    for fields, types in (
        ({"entities": ["PERSON"]}, ["PERSON"]),
        ({"score_threshold": 0.6}, ["ORGANIZATION"]),
        ({"allow_list": ["浙商银行"]}, ["PERSON"]),
        ({"entities": [], "correlation_id": "x", "context": None}, ["ORGANIZATION", "PERSON"]),
    ):
        assert [one["entity_type"] for one in analyze(gateway, **fields)] == types


@pytest.mark.slow
def test_a_long_list_is_looked_up_not_read_through(gateway: Gateway) -> None:
    """For each entity it was read from the beginning: a minute of everybody's time."""
    gateway.engine.script = completes("姓名：叶")
    began = time.process_time()
    allowed = [str(number) for number in range(200_000)]
    assert len(analyze(gateway, text="叶" * 4_000, allow_list=allowed)) == 4_000
    assert time.process_time() - began < 5


def test_several_texts(gateway: Gateway) -> None:
    """A list of texts has a list of answers."""
    gateway.engine.script = finds("叶老桂")
    assert [len(one) for one in analyze(gateway, text=["叶老桂", "无人"])] == [1, 0]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"language": None}, "language has null; expected a string"),
        ({"text": 3}, "text has 3"),
        ({"entities": ["US_SSN"]}, "No matching recognizers were found"),
        ({"ad_hoc_recognizers": [{"name": "x"}]}, "ad_hoc_recognizers is there"),
        *(
            ({"score_threshold": wrong}, "expected a number from 0 to 1")
            for wrong in (7, -0.1, True, "0.5")
        ),
        ({"allow_list_match": "regex"}, "allow_list_match expects exact"),
        ({"allow_list": ["x", 3]}, "allow_list has 3; expected strings"),
        ({"invented": 1}, "invented is not a field of analyze; expected text"),
        ({"entites": []}, "entites is not a field of analyze (did you mean entities?)"),
    ],
)
def test_errors_are_strings(gateway: Gateway, fields: dict[str, Any], says: str) -> None:
    """As the original's; the engine is not asked."""
    assert says in analyze(gateway, **fields)["error"]
    assert gateway.engine.asked == []


def test_what_can_be_found(gateway: Gateway) -> None:
    """The default model's labels under their names here."""
    found = gateway.client.get("/supportedentities?language=zh").json()
    assert found == ["ORGANIZATION", "PERSON"]
    assert gateway.client.get("/recognizers?language=zh").json() == ["NerveRecognizer"]
