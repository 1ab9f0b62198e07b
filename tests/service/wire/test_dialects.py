"""``?format=``: the shapes that other tools document."""

import pytest

from tests.conftest import Gateway, error_of
from tests.service.extraction.test_long_text import when
from tests.support.fake_engine import completes, fails, finds
from tests.support.scoring import surely

# https://huggingface.co/docs/transformers/main_classes/pipelines (TokenClassificationPipeline)
# https://spacy.io/usage/visualizers#manual-usage
# https://docs.aws.amazon.com/comprehend/latest/APIReference/API_DetectEntities.html
# https://github.com/urchade/GLiNER (predict_entities)
SHAPES = {
    "hf": [{"entity_group": "name", "score": 0.0, "word": "叶老桂", "start": 2, "end": 5}],
    "displacy": {
        "text": "😀叶老桂",
        "ents": [{"start": 2, "end": 5, "label": "name"}],
        "title": None,
    },
    "comprehend": {
        "Entities": [
            {"Score": 0.0, "Type": "name", "Text": "叶老桂", "BeginOffset": 2, "EndOffset": 5}
        ]
    },
    "gliner": [{"start": 2, "end": 5, "text": "叶老桂", "label": "name", "score": 0.0}],
}


@pytest.mark.parametrize("dialect", SHAPES)
def test_the_documented_shape(gateway: Gateway, dialect: str) -> None:
    """Field by field; what the shape cannot say stands in headers."""
    body = {"text": "😀叶老桂", "offsets": "utf16"}
    gateway.engine.script = completes("姓名：叶老桂\n姓名：张三\n姓", finish_reason="length")
    response = gateway.client.post(f"/extract?format={dialect}", json=body)
    assert response.json() == SHAPES[dialect]
    assert response.headers["x-nerve-truncated"] == "true"
    assert response.headers["x-nerve-dropped"] == "2"


@pytest.mark.parametrize(("dialect", "key"), [("hf", "score"), ("gliner", "score")])
def test_a_score_is_a_number(gateway: Gateway, dialect: str, key: str) -> None:
    """Raw, which a header says, where the adapter has no calibration."""
    gateway.engine.script = surely("姓名：叶老桂", {"桂": 0.5})
    response = gateway.client.post(f"/extract?format={dialect}", json={"text": "叶老桂"})
    assert response.json()[0][key] == pytest.approx(0.5)
    assert response.headers["x-nerve-scores"] == "raw"


def test_a_text_that_lacks_a_part_is_an_error(gateway: Gateway) -> None:
    """No shape could say so."""
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), finds("叶老桂"))
    body = {"text": f"{'今天下雨。' * 60}毒{'明天天晴。' * 60}"}
    response = gateway.client.post("/extract?format=hf", json=body)
    assert (response.status_code, error_of(response)["type"]) == (503, "engine_unavailable")


@pytest.mark.parametrize(
    ("query", "body", "param"),
    [("format=x", {"text": "a"}, "format"), ("format=hf", {"texts": ["a"]}, "texts")],
)
def test_what_has_no_shape_is_refused(
    gateway: Gateway, query: str, body: dict[str, object], param: str
) -> None:
    """422; the engine is not asked."""
    response = gateway.client.post(f"/extract?{query}", json=body)
    assert (response.status_code, error_of(response)["param"]) == (422, param)
    assert gateway.engine.asked == []
