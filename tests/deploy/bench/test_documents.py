"""Sentences a second beside others: which set-up asks whom for what."""

import json
from pathlib import Path

from adapters.data.examples import Example
from deploy.bench.documents.compared import (
    LLAMA,
    LLAMA_SAME,
    OURS,
    PLAIN,
    PLAIN_UNTUNED,
    SAME,
    TUNED,
    UNTUNED,
    Stand,
    measure,
    rows,
)
from service.models.manifest import load
from service.ner.types import Entity
from tests.conftest import BASE, ENGINE_NAME, running
from tests.support.fake_engine import FakeEngine, finds
from tests.support.serving import serving

GOLD = [Example("甲说乙", (Entity("name", 0, 1),)), Example("丙来了", (Entity("name", 0, 1),))]


def test_each_set_up_asks_its_own_server(adapters: Path) -> None:
    """llama.cpp and vLLM as it comes get the long prompt and a schema, and no adapter of ours; what
    is dictated is what we have found."""
    llama, plain = FakeEngine(BASE), FakeEngine(BASE)
    with (
        running(adapters) as gateway,
        serving(gateway.engine) as engine_url,
        serving(llama) as llama_url,
        serving(plain) as plain_url,
    ):
        gateway.engine.script = finds("甲", "丙")
        stand = Stand(
            gateway.url, engine_url, load(adapters / "clue"), plain=plain_url, llama=llama_url
        )
        runs = measure(stand, [(2, GOLD)], print)
    assert [run.setup for run in runs] == [OURS, SAME, UNTUNED, PLAIN_UNTUNED, LLAMA, LLAMA_SAME]
    found = {row["setup"]: row["text_f1"] for row in rows(runs, [(2, GOLD)])}
    assert (found[OURS], found[SAME], found[LLAMA_SAME]) == (1.0, None, None)
    schema, dictated = llama.asked[:2], llama.asked[2:]
    assert {body["model"] for body in (*schema, *plain.asked)} == {BASE}
    assert all(body["response_format"]["type"] == "json_schema" for body in schema)
    grammars = {json.loads(body["grammar"].removeprefix("root ::= ")) for body in dictated}
    assert grammars == {f'[{{"label": "姓名", "text": "{name}"}}]' for name in "甲丙"}


def test_with_an_adapter_for_the_long_prompt_both_engines_have_it(adapters: Path) -> None:
    """The untuned base would be no match for it."""
    stand = Stand("g", "e", load(adapters / "clue"), tuned=ENGINE_NAME, plain="p")
    assert stand.setups() == {OURS: "g", SAME: "e", UNTUNED: "e", TUNED: "e", PLAIN: "p"}
