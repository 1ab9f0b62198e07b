"""A real vLLM that multiplies the base model in 8 bits: the default on CPUs made for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.real_engine import BASE, RealEngine, new_engine, tiny_model

LETTERS = {f"tiny-{letter.lower()}": letter for letter in "ABCDE"}


@pytest.fixture(scope="module")
def int8_engine(
    engine_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealEngine]:
    """An engine of its own."""
    engine = new_engine(engine_python, tiny_model(engine_python), tmp_path_factory.mktemp("int8"))
    engine.weights = "int8"
    with engine.running():
        yield engine


def test_adapters_and_the_base_answer_as_without_it(
    int8_engine: RealEngine, engine: RealEngine
) -> None:
    """Each adapter its own symbol; the base what the exact engine answers."""
    assert "--quantization nerve_int8" in int8_engine.log.read_text(encoding="utf-8")
    for name, letter in LETTERS.items():
        assert set(int8_engine.say(name, "浙商银行")) == {letter}
    assert int8_engine.say(BASE, "浙商银行", max_tokens=1) == engine.say(
        BASE, "浙商银行", max_tokens=1
    )


def test_grammars_hold_in_8_bits(int8_engine: RealEngine) -> None:
    """Quantising changes products, not what may be sampled."""
    grammar = {"grammar": 'start: "ja" | "nein"'}
    assert int8_engine.say(BASE, "x", structured_outputs=grammar) in ("ja", "nein")
