"""README.zh.md says what README.md says, as far as its links, code and tables show it."""

import re
from collections import Counter
from collections.abc import Callable

import pytest

from tests.docs.test_documented import README, README_ZH

# The label and the description in an example.
OWN_WORDS = {'{"name": "description"}', '{"名称": "说明"}'}


def links(text: str) -> Counter[str]:
    """Where it leads; a page that is there in both languages counts as one."""
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    own = {"README.md", "README.zh.md"}
    return Counter(link.replace(".zh.", ".") for link in found if link not in own)


def code(text: str) -> Counter[str]:
    """Code inside of the text."""
    return Counter(one for one in re.findall(r"`([^`\n]+)`", text) if one not in OWN_WORDS)


def tables(text: str) -> list[int]:
    """The rows of its tables."""
    return [len(table.splitlines()) for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]


def headings(text: str) -> list[int]:
    """How deep each is."""
    return [len(one) for one in re.findall(r"^(#+) ", text, re.MULTILINE)]


@pytest.mark.parametrize("part", [links, code, tables, headings])
def test_the_readmes_have_the_same(part: Callable[[str], object]) -> None:
    """In both languages."""
    assert part(README) == part(README_ZH)


def test_figures_of_the_measurements_are_the_same() -> None:
    """Row by row, with decimals or thousands."""
    sections = (README.split("## Measured")[1], README_ZH.split("## 实测")[1])
    english, chinese = (
        [sorted(re.findall(r"\d*[.,]\d+", row)) for row in text.split("\n## ")[0].splitlines()]
        for text in sections
    )
    assert english == chinese
