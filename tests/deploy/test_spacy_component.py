"""spaCy's pipe ``nerve``, in front of a gateway."""

from typing import Any

import pytest

from tests.conftest import ADAPTER, Gateway
from tests.support.fake_engine import FakeEngine, completes, fails, finds
from tests.support.serving import free_port, serving

spacy = pytest.importorskip("spacy", reason="requirements/spacy.txt is not installed")


def nlp(gateway: Gateway, language: str = "zh", **config: Any) -> Any:
    """An empty pipeline of that language, and ours."""
    found = spacy.blank(language)
    found.add_pipe("nerve", config={"url": gateway.url, **config})
    return found


def shown(spans: Any) -> list[tuple[str, str]]:
    """Label and text of each."""
    return [(span.label_, span.text) for span in spans]


def test_a_doc_has_entities_spans_scores_and_the_answer(gateway: Gateway) -> None:
    """Past an emoji; scores are null without a calibration."""
    gateway.engine.script = completes("公司：浙商银行\n姓名：叶老桂")
    doc = nlp(gateway)("😀浙商银行的叶老桂")
    assert shown(doc.ents) == [("company", "浙商银行"), ("name", "叶老桂")]
    assert shown(doc.spans["nerve"]) == shown(doc.ents)
    assert doc.spans["nerve"].attrs["scores"] == [None, None]
    assert doc._.nerve["model"] == ADAPTER
    assert [one["start"] for one in doc._.nerve["entities"]] == [1, 6]


def test_many_docs_are_few_requests(gateway: Gateway) -> None:
    """In order, whatever the batch."""
    gateway.engine.script = finds("叶老桂")
    texts = [f"{number}叶老桂" if number % 2 else f"{number}" for number in range(9)]
    docs = list(nlp(gateway, labels=["name"]).pipe(texts, batch_size=4))
    assert [len(doc.ents) for doc in docs] == [0, 1] * 4 + [0]


def test_more_docs_than_a_request_may_have(gateway: Gateway) -> None:
    """spaCy's own batches have a thousand texts, and long ones are more than a body may have."""
    gateway.engine.script = finds("叶老桂")
    texts = ["叶老桂"] * 300 + ["叶老桂" + "甲" * 150_000] * 5
    assert all(doc.ents for doc in nlp(gateway).pipe(texts))


def test_an_entity_inside_a_token_is_widened(gateway: Gateway) -> None:
    """The exact place stays in the answer."""
    gateway.engine.script = completes("姓名：叶老桂")
    doc = nlp(gateway, language="en")("叶老桂说 hello")
    assert shown(doc.ents) == [("name", "叶老桂说")]
    assert doc._.nerve["entities"][0]["end"] == 3


def test_who_does_not_answer_is_named(gateway: Gateway) -> None:
    """By address; neither spaCy nor the text is at fault."""
    with serving(FakeEngine("base")) as other:
        for url, says in (
            (f"http://127.0.0.1:{free_port()}", "no gateway answers at .*`nerve up`"),
            (f"{gateway.url}/nowhere", "there is no route /nowhere/extract"),
            (other, f"what answers at {other} is not a Nerve gateway"),
        ):
            with pytest.raises(Exception, match=says) as failed:
                nlp(gateway, url=url)("叶老桂")
            assert type(failed.value).__name__ == "NerveFailed"


@pytest.mark.parametrize(
    ("config", "says"),
    [({"labels": ["dish"], "model": ADAPTER}, "labels has"), ({}, "the engine answered")],
)
def test_what_fails_is_said(gateway: Gateway, config: dict[str, Any], says: str) -> None:
    """A wrong label; an engine that is at fault."""
    gateway.engine.script = fails(500, {"error": "boom"})
    with pytest.raises(Exception, match=says) as failed:
        nlp(gateway, **config)("叶老桂")
    assert type(failed.value).__name__ == "NerveFailed"
