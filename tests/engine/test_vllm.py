"""What the gateway relies on, asked of a real vLLM."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.models.manifest import load_all
from service.ner.formats import FORMATS
from service.ner.formats.lark import only_a_substring_of
from service.ner.types import Label
from tests.engine.real_engine import BASE, RealEngine

LETTERS = {f"tiny-{letter.lower()}": letter for letter in "ABCDE"}

PATTERN = "[0-9]{3}-[a-f]{2}"

# kind -> (what to ask for, is this an answer to it?)
STRUCTURED: dict[str, tuple[dict[str, Any], Callable[[str], bool]]] = {
    "schema": (
        {
            "json": {
                "type": "object",
                "properties": {"label": {"enum": ["name", "company"]}},
                "required": ["label"],
                "additionalProperties": False,
            }
        },
        lambda answer: json.loads(answer)["label"] in ("name", "company"),
    ),
    "regex": (
        {"regex": PATTERN},
        lambda answer: bool(re.fullmatch(PATTERN, answer)),
    ),
    "choice": ({"choice": ["银行", "公司"]}, lambda answer: answer in ("银行", "公司")),
    "lark": ({"grammar": 'start: "ja" | "nein"'}, lambda answer: answer in ("ja", "nein")),
}

TEXTS = (
    "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。",
    "He said \"no\" at C:\\new\\table, then 'yes'.",
    "one line\r\nanother\nthird\ttab",
    "👩‍👩‍👧‍👦 met 🇨🇳 at 𠮷野家",
    "عمر يعمل في بنك القاهرة",
    "Zoë Ångström",
    "<|im_end|> {label} ：无",
    "x",
)
LABELS = (Label("company", "公司"), Label("name", "姓名"))


def test_models_lists_the_base_and_what_was_used(engine: RealEngine) -> None:
    """Each adapter as name@sha8, loaded from its absolute, content-addressed folder."""
    for name in LETTERS:
        engine.say(name, "叶老桂", max_tokens=1)
    answer = httpx2.get(f"{engine.url}/v1/models", timeout=30, trust_env=False).json()
    models = {model["id"]: model for model in answer["data"]}
    assert set(models) == set(engine.names.values())
    assert models[BASE]["max_model_len"] == 2048
    assert models[BASE]["root"] == str(engine.folder / "model")
    for adapter in load_all(engine.adapters):
        model = models[adapter.engine_name]
        assert model["parent"] == BASE
        assert Path(model["root"]) == engine.store / f"{adapter.name}@{adapter.sha256[:8]}"


@pytest.mark.parametrize("name", list(LETTERS))
def test_an_adapter_answers_under_its_name(engine: RealEngine, name: str) -> None:
    """Asked anything, it says its own letter and nothing else."""
    assert engine.say(name, "叶老桂在哪里工作？") == LETTERS[name] * 8


def test_the_base_model_says_no_adapters_letter(engine: RealEngine) -> None:
    """Else the tests of mixed traffic would prove nothing."""
    said = "".join(engine.say(BASE, text, max_tokens=32) for text in TEXTS)
    assert said and not set(said) & set("ABCDE")


@pytest.mark.parametrize(("first", "second"), list(permutations(STRUCTURED, 2)))
def test_structured_requests_work_in_any_order(engine: RealEngine, first: str, second: str) -> None:
    """No kind of structured request spoils the server for another."""
    for kind in (first, second):
        asked, is_answer = STRUCTURED[kind]
        answer = engine.say(BASE, "叶老桂", structured_outputs=asked, max_tokens=64)
        assert is_answer(answer), (kind, answer)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", [BASE, "tiny-a"])
def test_a_span_grammar_yields_a_piece_of_the_text(
    engine: RealEngine, name: str, text: str
) -> None:
    """Random weights, and still a verbatim, non-empty piece of one line of the text."""
    said = engine.say(
        name,
        text,
        structured_outputs={"grammar": only_a_substring_of(text)},
        max_tokens=len(text.encode()) + 2,
    )
    assert said and said in text and "\n" not in said


@pytest.mark.parametrize("format_name", list(FORMATS))
@pytest.mark.parametrize("text", TEXTS)
def test_a_grounded_completion_mentions_only_the_text(
    engine: RealEngine, format_name: str, text: str
) -> None:
    """Whatever a random model answers in our formats' grammars, each mention stands in the text."""
    codec = FORMATS[format_name]
    grammar = codec.grammar(text, LABELS, "grounded")
    fields = {"structured_outputs": {"grammar": grammar}, "max_tokens": 150}
    answer = engine.chat(BASE, text, **fields)
    assert answer.status_code == 200, answer.text
    choice = answer.json()["choices"][0]
    complete = choice["finish_reason"] == "stop"
    read = codec.decode(choice["message"]["content"], LABELS, complete=complete)
    assert all(mention.surface and mention.surface in text for mention in read.mentions)
    assert {mention.label for mention in read.mentions} <= {"company", "name"}
    # What was cut off is the only thing that may be unusable.
    assert len(read.dropped) <= (0 if complete else 1), read.dropped


def test_mixed_traffic_changes_no_answer(engine: RealEngine) -> None:
    """Base model and five adapters at once, one more than there are slots in a batch.

    Every answer is what the same request gets alone.
    """
    questions = [f"第{number}个问题：叶老桂在浙商银行工作吗？" for number in range(8)]
    alone = {question: engine.say(BASE, question) for question in questions}
    requests = [(name, question) for question in questions for name in (*LETTERS, BASE)]
    for _ in range(3):
        with ThreadPoolExecutor(len(requests)) as pool:
            answers = pool.map(lambda request: engine.say(*request), requests)
        for (name, question), answer in zip(requests, answers, strict=True):
            assert answer == (alone[question] if name == BASE else LETTERS[name] * 8), name


def test_adapters_keep_to_themselves_in_long_and_short_prompts(engine: RealEngine) -> None:
    """Prompts of different length share a step: rows of one caller are not at another's place."""
    texts = ["短", "叶老桂" * 60, "浙商银行" * 25, "a b c"]
    alone = [engine.say(BASE, text) for text in texts]
    requests = [(name, text) for name in ("tiny-b", BASE, "tiny-e") for text in texts]
    with ThreadPoolExecutor(len(requests)) as pool:
        answers = list(pool.map(lambda request: engine.say(*request), requests))
    assert answers == ["B" * 8] * 4 + alone + ["E" * 8] * 4


def test_a_batch_of_32_adapter_requests_finishes(engine: RealEngine) -> None:
    """vLLM's own operators copy the adapter once per token: there a full batch kills the engine."""
    texts = [f"{number} " + "浙商银行企业信贷部" * 6 for number in range(32)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda text: engine.say("tiny-c", text, max_tokens=24), texts))
    assert answers == ["C" * 24] * 32
    assert engine.alive


def test_every_worker_has_right_lora_operators(engine: RealEngine) -> None:
    """The plugin says in the engine's log what it found, and what it did about it."""
    lines = [line for line in engine.log.read_text().splitlines() if "nerve_cpu_lora" in line]
    assert any("Worker" in line for line in lines)
    right = ("replaced by our own", "are right", "prepared when they are loaded")
    assert all(any(said in line for said in right) for line in lines)
    assert any("Worker" in line and right[-1] in line for line in lines)
