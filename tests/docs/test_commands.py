"""The commands that documents show exist, with the options that are given."""

import re
import shlex
from collections.abc import Iterator

import pytest

from deploy.site.commands_page import commands
from deploy.site.sources import documents
from tests.support.tools import ROOT

COMMANDS = commands()
# Told as they were given then, or in a trade of their own.
LEFT_OUT = ("CHANGELOG.md", "adapters/LOG.md")


def shown(page: str) -> Iterator[str]:
    """The lines of a page's blocks of code that call `nerve`."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r" *(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(nerve (?!=).*)", line)
            if found:
                yield found[1]


LINES = [(page, line) for page in documents(ROOT) if page not in LEFT_OUT for line in shown(page)]


def test_some_are_found() -> None:
    """Or the test below would say nothing."""
    assert len(LINES) > 20


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_command_exists_with_its_options(page: str, line: str) -> None:
    """Flags after -- are vLLM's."""
    words = shlex.split(line.split(">")[0], comments=True)[1:]
    words = words[: words.index("--")] if "--" in words else words
    name = " ".join(words[:2]) if words[0] == "adapter" else words[0]
    assert name in COMMANDS, page
    known = {option for one in COMMANDS[name].params for option in one.opts}
    given = {word.split("=")[0] for word in words if word.startswith("-") and word != "-"}
    assert given <= known | {"--help"}, page
