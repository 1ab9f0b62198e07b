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


def test_earlier_entities_stay(gateway: Gateway) -> None:
    """Ours are added where they overlap none; all of ours are in the spans."""
    gateway.engine.script = completes("公司：浙商银行的叶老桂\n姓名：王明\n公司：中行")
    pipeline = nlp(gateway)
    ruler = pipeline.add_pipe("entity_ruler", before="nerve")
    ruler.add_patterns([{"label": "VIP", "pattern": "叶老桂", "id": "7"}])
    doc = pipeline("浙商银行的叶老桂见王明，叶老桂在中行")
    vip = ("VIP", "叶老桂")
    assert shown(doc.ents) == [vip, ("name", "王明"), vip, ("company", "中行")]
    assert [span.ent_id_ for span in doc.ents] == ["7", "", "7", ""]
    assert ("company", "浙商银行的叶老桂") in shown(doc.spans["nerve"])


class Log:
    """An error handler that keeps what it is given."""

    def __init__(self) -> None:
        self.said: list[tuple[str, list[str], str]] = []

    def __call__(self, name: str, pipe: Any, docs: list[Any], exc: Exception) -> None:
        """As spaCy calls it."""
        self.said.append((name, [doc.text for doc in docs], str(exc)))


def test_a_failed_text_is_the_error_handlers(gateway: Gateway) -> None:
    """The other texts of its request are answered; without a handler it is raised."""
    gateway.engine.script = finds("叶老桂")
    pipeline, log = nlp(gateway), Log()
    texts = ["叶老桂一", "叶\0老桂", "叶老桂二"]
    with pytest.raises(Exception, match="NUL") as failed:
        list(pipeline.pipe(texts))
    assert type(failed.value).__name__ == "NerveFailed"
    pipeline.set_error_handler(log)
    assert [doc.text for doc in pipeline.pipe(texts)] == ["叶老桂一", "叶老桂二"]
    doc = pipeline(texts[1])
    assert (doc.text, shown(doc.ents), doc._.nerve) == (texts[1], [], None)
    assert [(name, docs) for name, docs, _ in log.said] == [("nerve", [texts[1]])] * 2


def test_a_failed_request_is_the_error_handlers(gateway: Gateway) -> None:
    """With all of its texts; those of other requests are asked for."""
    pipeline, log = nlp(gateway, url=f"http://127.0.0.1:{free_port()}"), Log()
    pipeline.set_error_handler(log)
    assert list(pipeline.pipe(["一", "二", "三"], batch_size=2)) == []
    assert [docs for _, docs, _ in log.said] == [["一", "二"], ["三"]]
    assert "no gateway answers" in log.said[0][2]
