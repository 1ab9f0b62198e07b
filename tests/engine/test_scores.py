"""What the real engine tells of its tokens, and the scores that come of it."""

from typing import Any

import httpx2
import pytest

from service.engine.completion import ChatAnswer, Completion
from service.ner.formats.lark import literal
from service.ner.token_spans import token_spans
from tests.engine.gateway import gateway
from tests.engine.real_engine import BASE, RealEngine
from tests.service.ner.toy_tokens import Cut

# The tiny model's tokens are bytes: every character but ASCII's is cut.
TEXTS = (
    "姓名：叶老桂",
    "在👩‍👩‍👧和𠮷野家之间，有“IT”公司",
    "דנה said: é é",
)


def forced(engine: RealEngine, text: str) -> Completion:
    """A completion that the grammar leaves no choice but to be ``text``."""
    answer = engine.chat(
        BASE,
        "写",
        max_tokens=len(text.encode()) + 8,
        logprobs=True,
        structured_outputs={"grammar": f"start: {literal(text)}"},
    )
    return ChatAnswer.model_validate_json(answer.raise_for_status().content).completion()


@pytest.mark.parametrize("text", TEXTS)
def test_every_token_is_laid_over_its_characters(engine: RealEngine, text: str) -> None:
    """A token a byte, and the one that ends it all."""
    completion = forced(engine, text)
    assert completion.text == text
    assert completion.tokens is not None
    told = [token.text for token in completion.tokens]
    cut = Cut.at(text, range(len(text.encode())))
    assert told[:-1] == cut.told()
    laid = token_spans(text, told)
    assert laid is not None
    assert laid[-1] == (len(text), len(text) + 1)
    for place, touched in zip(laid, cut.touched(), strict=False):
        assert place == touched


def test_probabilities_are_those_among_what_the_grammar_allows(engine: RealEngine) -> None:
    """Without a choice they are 1. An engine that takes them before the mask would need other
    calibrations, and other words in ``service/ner/score.py``."""
    completion = forced(engine, TEXTS[0])
    assert completion.tokens is not None
    assert {token.logprob for token in completion.tokens} == {0.0}
    free = engine.chat(BASE, "写", logprobs=True).json()["choices"][0]["logprobs"]["content"]
    assert all(token["logprob"] < -0.01 for token in free)


def test_every_entity_has_a_score(engine: RealEngine) -> None:
    """Raw, of any model, whatever its format and the text; without asking for it there is none."""
    found = 0
    with gateway(engine) as client:
        for model in (BASE, "tiny-a", "tiny-b"):
            for text in TEXTS:
                body = {"text": text, "model": model, "scores": "raw"}
                answer = client.post("/extract", json=body).raise_for_status().json()
                assert all(0 <= entity["score"] <= 1 for entity in answer["entities"])
                found += len(answer["entities"])
        plain = client.post("/extract", json={"text": TEXTS[0], "model": "tiny-a"}).json()
    assert found
    assert all(entity["score"] is None for entity in plain["entities"])


def test_a_bias_reaches_what_ends_an_answer_and_leaves_probabilities_alone(
    engine: RealEngine,
) -> None:
    """Beside a grammar: strongly for the end, there is nothing; strongly against it, there is
    something. The probability of what was written is the model's own."""
    with gateway(engine) as client:

        def asked(bias: float) -> Any:
            body = {"text": TEXTS[1], "model": "tiny-a", "scores": "raw", "end_bias": bias}
            return client.post("/extract", json=body).raise_for_status().json()

        assert asked(10)["usage"]["completion_tokens"] <= len("无".encode()) + 1
        more = asked(-10)
    assert more["entities"]
    assert more["usage"]["completion_tokens"] > len("无".encode()) + 1


def test_probabilities_are_told_without_the_bias(engine: RealEngine) -> None:
    """A choice of two, forced by a bias to be the other one."""
    body = {
        **{"max_tokens": 4, "logprobs": True, "top_logprobs": 2},
        "structured_outputs": {"grammar": 'start: "a" | "b"'},
    }
    first = _first_token(engine, **body)
    likely, other = first["top_logprobs"]
    said = httpx2.post(f"{engine.url}/tokenize", json={"model": BASE, "prompt": other["token"]})
    (token,) = said.json()["tokens"]
    turned = _first_token(engine, **body, logit_bias={str(token): 50.0})
    assert turned["token"] == other["token"] != likely["token"]
    assert turned["logprob"] == pytest.approx(other["logprob"], abs=0.02)


def _first_token(engine: RealEngine, **body: Any) -> Any:
    answer = engine.chat(BASE, "写", **body).raise_for_status()
    return answer.json()["choices"][0]["logprobs"]["content"][0]
