"""The commands that documents show exist, with the options that are given."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from deploy.bench.__main__ import app as bench
from deploy.site.commands_page import commands
from deploy.site.sources import documents
from service.models.manifest import load
from service.settings import Settings
from tests.docs.test_documented import README, README_ZH
from tests.support.tools import ROOT

COMMANDS = commands()
# Told as they were given then, or in a trade of their own.
LEFT_OUT = ("CHANGELOG.md", "adapters/LOG.md")
BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
TEXTS = {
    page: (ROOT / page).read_text(encoding="utf-8")
    for page in documents(ROOT)
    if page not in LEFT_OUT
}


def shown(text: str) -> Iterator[str]:
    """A page's commands: the lines of its blocks of code, and code inside of text and tables."""
    for block in BLOCK.findall(text):
        yield from (line.strip() for line in block.replace("\\\n", " ").splitlines())
    yield from re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))


def found(pattern: str) -> list[tuple[str, str]]:
    """(page, group 1) of the commands that begin so."""
    matches = (
        (page, re.match(pattern, one)) for page, text in TEXTS.items() for one in shown(text)
    )
    return [(page, match[1]) for page, match in matches if match]


LINES = found(r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(nerve (?!=).*)")
TARGETS = found(r"(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)")
BENCHES = found(r'make bench BENCH="?([^"…]+)')


def test_some_are_found() -> None:
    """Or the tests below would say nothing."""
    assert len(LINES) > 200
    assert len(TARGETS) > 20
    assert len(BENCHES) > 5


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_command_exists_with_its_options(page: str, line: str) -> None:
    """Flags after -- are vLLM's."""
    words = shlex.split(line.split(">")[0], comments=True)[1:]
    words = words[: words.index("--")] if "--" in words else words
    name = " ".join(words[:2]) if words[0] == "adapter" else words[0]
    assert name in COMMANDS, page
    known = {option for one in COMMANDS[name].params for option in one.opts}
    given = {word.split("=")[0] for word in words if re.match(r"-[^\d]", word)}
    assert given <= known | {"--help"}, page


@pytest.mark.parametrize(("page", "target"), TARGETS)
def test_make_has_what_documents_ask_of_it(page: str, target: str) -> None:
    """A rule of that name."""
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert target in rules, page


@pytest.mark.parametrize(("page", "words"), BENCHES)
def test_a_measurement_can_be_asked_for_as_documents_say(page: str, words: str) -> None:
    """Options with their values, arguments, and no other."""
    group: Any = typer.main.get_command(bench)
    assert isinstance(group, TyperGroup)
    name, *rest = shlex.split(words)
    assert name in group.commands, page
    group.commands[name].make_context(name, rest)


@pytest.mark.parametrize("text", [README, README_ZH], ids=["en", "zh"])
def test_the_readmes_give_the_engines_name_of_an_adapter_as_it_is_now(text: str) -> None:
    """It changes with the weights."""
    named = re.findall(r"([\w.-]+)@[0-9a-f]{8}", text)
    given = re.findall(r"[\w.-]+@[0-9a-f]{8}", text)
    assert given == [load(ROOT / "adapters" / name).engine_name for name in named] != []


@pytest.mark.parametrize("text", [README, README_ZH], ids=["en", "zh"])
def test_a_chat_names_the_base_model(text: str) -> None:
    """The default would answer it, an adapter for entities."""
    bodies = re.findall(r"/v1/chat/completions [^\n]*\n  -d '([^']*)'", text)
    models = [json.loads(body)["model"] for body in bodies]
    assert models == [Settings.model_fields["base_model"].default]
