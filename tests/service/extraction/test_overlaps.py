"""``"overlaps": "all"``: nested and overlapping entities come out."""

import pytest

from tests.conftest import Gateway, error_of
from tests.service.extraction.test_long_text import part, when
from tests.support.fake_engine import completes, finds

NESTED = "北京大学的叶老桂"
SAID = completes("公司：北京大学\n姓名：北京\n姓名：叶老桂")


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
def test_nested_entities_come_out(gateway: Gateway, unit: str) -> None:
    """On request; sorted, each with its place."""
    gateway.engine.script = SAID
    text = "😀" + NESTED
    entities = gateway.extract(text, overlaps="all", offsets=unit).json()["entities"]
    assert [entity["text"] for entity in entities] == ["北京", "北京大学", "叶老桂"]
    assert all(part(text, unit, e["start"], e["end"]) == e["text"] for e in entities)
    answer = gateway.extract(text, offsets=unit).json()
    assert [entity["text"] for entity in answer["entities"]] == ["北京大学", "叶老桂"]
    assert answer["dropped"] == [{"label": "name", "text": "北京", "reason": "overlap"}]


def test_what_overlaps_at_a_seam_comes_out(gateway: Gateway) -> None:
    """Each of two chunks has found one of them."""
    gateway.engine.script = when("甲" * 50, finds("乙丙丁戊己庚辛"), finds("庚辛"))
    answer = gateway.extract(f"{'甲' * 219}乙丙丁戊己庚辛{'壬' * 200}", overlaps="all").json()
    assert [entity["text"] for entity in answer["entities"]] == ["乙丙丁戊己庚辛", "庚辛"]
    assert answer["dropped"] == []


@pytest.mark.parametrize("shape", ["hf", "gliner", "comprehend"])
def test_shapes_that_are_lists_say_it(gateway: Gateway, shape: str) -> None:
    """As they say everything."""
    gateway.engine.script = SAID
    body = {"text": NESTED, "overlaps": "all"}
    answer = gateway.client.post(f"/extract?format={shape}", json=body).json()
    assert len(answer["Entities"] if shape == "comprehend" else answer) == 3


def test_a_shape_that_cannot_refuses(gateway: Gateway) -> None:
    """displaCy draws entities one after the other."""
    body = {"text": NESTED, "overlaps": "all"}
    response = gateway.client.post("/extract?format=displacy", json=body)
    assert (response.status_code, error_of(response)["param"]) == (422, "overlaps")


def test_redaction_masks_them_as_one(gateway: Gateway) -> None:
    """With the longest one's label, whether they were asked for or not."""
    gateway.engine.script = SAID
    for overlaps in ("longest", "all"):
        body = {"text": NESTED, "overlaps": overlaps}
        answer = gateway.client.post("/redact", json=body).json()
        assert answer["redacted"] == "[COMPANY]的[NAME]"
