"""Fifty adapters on one engine, four to a batch: nobody gets another's answer."""

import hashlib
import random
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.engine.gateway import gateway, say
from tests.engine.real_engine import BASE, BUILDER, ROOT, RealEngine, home, new_engine
from tests.support.waiting import until

MANY = Path(__file__).with_name("many_adapters.py")
SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx"
SAYS = {f"many-{number:02}": symbol for number, symbol in enumerate(SYMBOLS)}


def many_adapters(python: Path) -> Path:
    """A folder with the model and its fifty adapters, built once and kept."""
    digest = hashlib.sha256(BUILDER.read_bytes() + MANY.read_bytes()).hexdigest()[:16]
    folder = home() / "test-models" / f"many-{digest}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as building:
            command = [str(python), "-m", "tests.engine.plugin.many_adapters", f"{building}/whole"]
            subprocess.run(command, cwd=ROOT, check=True, timeout=240)
            with suppress(OSError):  # another test run may have been faster
                Path(building, "whole").rename(folder)
    return folder


@pytest.fixture(scope="module")
def engine(engine_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealEngine]:
    """Four adapters in a batch, sixteen in memory: both have to make room again and again."""
    engine = new_engine(
        engine_python, many_adapters(engine_python), tmp_path_factory.mktemp("many")
    )
    engine.flags = ("--max-loras", "4", "--max-cpu-loras", "16")
    with engine.running():
        yield engine


@pytest.fixture(scope="module")
def client(engine: RealEngine) -> Iterator[httpx2.Client]:
    """A gateway in front of it."""
    with gateway(engine) as client:
        yield client


def test_each_says_its_own_symbol(client: httpx2.Client) -> None:
    """One after the other: each is loaded on first use."""
    assert {name: say(client, name, "叶老桂") for name in SAYS} == {
        name: symbol * 8 for name, symbol in SAYS.items()
    }
    states = {one["name"]: one["state"] for one in client.get("/adapters").json()["adapters"]}
    assert set(states) == set(SAYS)
    until(lambda: {"loaded"} == {
        one["state"] for one in client.get("/adapters").json()["adapters"]
    })  # fmt: skip


def test_mixed_traffic_shows_nobody_anothers_answer(
    client: httpx2.Client, engine: RealEngine
) -> None:
    """All fifty and the base model at once, in three orders; the base's answers as when alone."""
    questions = [f"第{number}个问题：叶老桂在浙商银行工作吗？" for number in range(10)]
    alone = {question: say(client, BASE, question) for question in questions}
    requests = [(name, "浙商银行") for name in SAYS] + [(BASE, text) for text in questions]
    for seed in range(3):
        random.Random(seed).shuffle(requests)
        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda request: say(client, *request), requests))
        for (name, text), answer in zip(requests, answers, strict=True):
            assert answer == (alone[text] if name == BASE else SAYS[name] * 8), (name, seed)
    assert engine.alive
