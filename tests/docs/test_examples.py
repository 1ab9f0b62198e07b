"""The documents' examples, run as they stand, by a gateway in front of a scripted engine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Send

from tests.conftest import ADAPTER, BASE, Gateway
from tests.support.fake_engine import completes, streams, text_of
from tests.support.openai_script import DONE, event
from tests.support.tools import ROOT, tool

EXAMPLES = ROOT / "docs" / "examples"
KINDS = {".sh": "sh", ".mjs": "node"}

SAYS = {
    "chat_openai.py": f"models: {BASE} {ADAPTER}\n你好！\n",
    "extract_fetch.mjs": "2 6 company 浙商银行\n7 10 name 叶老桂\n",
    "extract_httpx.py": "0 4 company 浙商银行\n5 8 name 叶老桂\n",
    "gliner_shape.py": "浙商银行 => company\n叶老桂 => name\n",
}
BOTH = [
    {"label": "company", "text": "浙商银行", "start": 0, "end": 4, "score": None},
    {"label": "name", "text": "叶老桂", "start": 5, "end": 8, "score": None},
]


async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """The engine: both entities where they are asked for; a greeting, streamed."""
    if body.get("stream"):
        await streams(event("你好", BASE), event("！", BASE), DONE)(body, receive, send)
        return
    lines = ["公司：浙商银行", "姓名：叶老桂"] if "叶老桂" in text_of(body) else ["无"]
    asked = [line for line in lines if line == "无" or line[:2] in body["messages"][0]["content"]]
    await completes("\n".join(asked))(body, receive, send)


def run(name: str, gateway: Gateway, python: Path = Path(sys.executable)) -> str:
    """What an example prints."""
    gateway.engine.script = script
    file = EXAMPLES / name
    program = tool(KINDS[file.suffix]) if file.suffix in KINDS else python
    if file.suffix == ".sh":
        tool("curl")
    env = {**os.environ, "NERVE_URL": gateway.url, "NO_PROXY": "*", "PYTHONUTF8": "1"}
    done = subprocess.run([program, file], capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", SAYS)
def test_an_example_prints_what_it_should(name: str, gateway: Gateway) -> None:
    """To the letter."""
    assert run(name, gateway) == SAYS[name]


def test_curl_gets_the_answer(gateway: Gateway) -> None:
    """As it is on the wire."""
    answer = json.loads(run("extract.sh", gateway))
    assert (answer["model"], answer["entities"]) == (ADAPTER, BOTH)


def test_curl_sends_a_batch(gateway: Gateway) -> None:
    """An answer a line, in order."""
    lines = [json.loads(line) for line in run("batch.sh", gateway).splitlines()]
    assert [(one["line"], one["entities"]) for one in lines] == [(1, BOTH), (2, [])]


def test_curl_redacts(gateway: Gateway) -> None:
    """Only the label that was asked for."""
    assert json.loads(run("redact.sh", gateway))["redacted"] == "浙商银行的<name>"


def test_displacy_gets_what_it_draws(gateway: Gateway) -> None:
    """The keys of its manual mode."""
    assert json.loads(run("spacy_displacy.py", gateway)) == {
        "text": "浙商银行的叶老桂",
        "ents": [{key: one[key] for key in ("start", "end", "label")} for one in BOTH],
        "title": None,
    }


def test_boto3_asks_as_ever(gateway: Gateway) -> None:
    """Comprehend's client, with another address."""
    pytest.importorskip("boto3")
    said = "0 4 ORGANIZATION 浙商银行\n5 8 PERSON 叶老桂\n"
    assert run("comprehend.py", gateway) == said


@pytest.mark.parametrize(
    ("name", "client", "said"),
    [
        (
            "presidio_recognizer.py",
            "presidio-analyzer",
            "0 4 ORGANIZATION 浙商银行\n5 8 PERSON 叶老桂\n",
        ),
        ("langextract_nerve.py", "langextract", "0 4 company 浙商银行\n5 8 name 叶老桂\n"),
    ],
)
def test_others_ask(gateway: Gateway, name: str, client: str, said: str) -> None:
    """In environments of their own, which `make clients` makes."""
    python = ROOT / ".nerve" / "clients" / client / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no environment with {client}; make clients makes it")
    assert run(name, gateway, python) == said


def test_every_example_is_run_and_shown() -> None:
    """By a test above; on a page, as it stands."""
    names = {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    tests = Path(__file__).read_text(encoding="utf-8")
    assert not [name for name in names if f'"{name}"' not in tests]
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    assert not [name for name in names if f'--8<-- "docs/examples/{name}"' not in pages]


def test_doccanos_mapping_gives_labels_on_the_same_characters(gateway: Gateway) -> None:
    """Rendered as its auto labelling does: Jinja, then JSON; for no entity too."""
    jinja2 = pytest.importorskip("jinja2", reason="jinja2 is not installed")
    written = (EXAMPLES / "doccano_mapping.jinja").read_text(encoding="utf-8")
    for said in ("公司：浙商银行\n姓名：叶老桂", "姓名：叶老桂", "无"):
        gateway.engine.script = completes(said)
        answer = gateway.extract("😀浙商银行的叶老桂").json()
        assert json.loads(jinja2.Template(written).render(input=answer)) == [
            {"label": one["label"], "start_offset": one["start"], "end_offset": one["end"]}
            for one in answer["entities"]
        ]
