"""The comparison of the READMEs: what is said of others can be read where the cell links to."""

import re

import pytest

from tests.docs.test_documented import README, README_ZH

ROWS, COLUMNS = 8, 7


def cells(text: str) -> list[list[str]]:
    """The table, without its first column and the rule below its heads."""
    table = text.split("| | Nerve |")[1].split("\n\n")[0]
    return [line.strip("| ").split(" | ")[1:] for line in table.splitlines()[2:]]


def linked(text: str) -> list[list[str]]:
    """The names of what each cell links to."""
    return [[" ".join(re.findall(r"\]\[(\w+)\]", cell)) for cell in row] for row in cells(text)]


def test_both_languages_have_the_same_sources() -> None:
    """Cell by cell, and one address a name."""
    assert [len(row) for row in cells(README)] == [COLUMNS - 1] * ROWS
    assert linked(README) == linked(README_ZH)
    addresses = [
        dict(re.findall(r"^\[(\w+)\]: (\S+)$", text, re.M)) for text in (README, README_ZH)
    ]
    assert addresses[0] == addresses[1]


@pytest.mark.parametrize("text", [README, README_ZH], ids=["en", "zh"])
def test_every_source_is_there_and_every_one_is_used(text: str) -> None:
    """No name without an address, nor the other way round."""
    used = set(re.findall(r"\]\[(\w+)\]", text))
    assert used == set(re.findall(r"^\[(\w+)\]: ", text, re.M))


def test_what_is_said_of_others_names_its_source() -> None:
    """A cell without a link says nothing ("–"), where a thing runs, or what follows from its
    column: vLLM hands back what was generated, GLiNER scores spans."""
    bare = [
        cell
        for row in cells(README)[:-1]
        for cell in row[1:]
        if not re.search(r"\]\[\w+\]", cell) and cell != "–"
    ]
    assert bare == [
        "cannot: spans of the text get scores",
        "none: the answer is JSON of yours",
        "any, by your prompt",
        "to the model's window",
        "yours to find",
    ]
