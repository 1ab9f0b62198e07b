"""Titles of works with and without their marks: gold as the description has it."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.data.examples import Example
from adapters.mixing.packs import training_packs
from adapters.mixing.sources import Source
from adapters.mixing.title_marks import marked, told, with_marks
from adapters.recipe import Recipe
from service.ner.titles import counts_marks
from service.ner.types import Entity, Label
from tests.adapters.mixing.test_packs import _asked, plan, sources

__all__ = ["plan", "sources"]  # fixtures

FILM = Label("video", "电影", "电影的名称，不含书名号")
ROW = Example(
    "叶老桂看了《三体》和流浪地球。",
    (Entity("PER", 0, 3), Entity("video", 6, 8), Entity("video", 10, 14)),
)


def _longer(plan: Recipe) -> Recipe:
    return replace(plan, train=replace(plan.train, epochs=8))


def surfaces(example: Example) -> list[str]:
    """What the entities cover."""
    return [example.text[one.start : one.end] for one in example.entities]


@given(st.integers(0, 100))
def test_marks_come_around_titles_alone_and_entities_stay(seed: int) -> None:
    shown = marked(ROW, ["video"], random.Random(seed))
    assert surfaces(shown) == surfaces(ROW)
    assert shown.text.replace("《", "").replace("》", "") == "叶老桂看了三体和流浪地球。"
    assert shown.text.count("《") in (1, 2) and "《《" not in shown.text


@given(st.integers(0, 100))
def test_titles_that_overlap_another_entity_stay_bare(seed: int) -> None:
    """The text was doubled: a mark would stand inside of the other."""
    gold = (Entity("p", 1, 3), Entity("w", 1, 5), Entity("w", 6, 8), Entity("q", 9, 10))
    row = Example("看三国演义和三体的书", gold)
    shown = marked(row, ["w"], random.Random(seed))
    assert surfaces(shown) == surfaces(row)
    assert shown.text in (row.text, "看三国演义和《三体》的书")
    same = Example(row.text, (Entity("w", 1, 5), Entity("video", 1, 5)))
    assert marked(same, ["w", "video"], random.Random(seed)) == same


def test_gold_takes_in_its_marks_where_it_is_to() -> None:
    assert surfaces(with_marks(ROW, ["video"])) == ["叶老桂", "《三体》", "流浪地球"]
    assert with_marks(ROW, ["PER"]) == ROW


@given(st.integers(0, 100))
def test_a_description_says_one_thing_about_marks_or_nothing(seed: int) -> None:
    said = told(FILM, random.Random(seed))
    assert said.description.startswith("电影的名称") and said.written == FILM.written
    assert counts_marks(said.description) == (
        "连同" in said.description or "，含" in said.description or "包括" in said.description
    )
    assert not counts_marks(told(replace(FILM, description=""), random.Random(seed)).description)


@pytest.mark.parametrize("description", ["Titles of films", "影片的名称"])
def test_the_word_on_marks_is_in_the_description_s_language(description: str) -> None:
    label = replace(FILM, description=description)
    found = {told(label, random.Random(seed)).description for seed in range(60)}
    added = [one.removeprefix(description) for one in found if one != description]
    english = [", with their 《》", ", without 《》"]
    assert all((one in english) == description.isascii() for one in added) and len(added) > 1


def test_a_source_with_titles_has_both_kinds_of_gold(plan: Recipe, sources: list[Source]) -> None:
    """An organization is no title, but marks are a matter of the recipe's word alone."""
    asked = replace(_asked(plan), titles={"news": ["ORG"]}, names={"described": 1})
    packs = training_packs(_longer(plan), asked, sources)
    counted = {
        counts_marks(label.description)
        for pack in packs
        for label in pack.labels
        if label.name == "ORG"
    }
    found = {
        row.text[one.start : one.end]
        for pack in packs
        for row in pack.examples
        for one in row.entities
        if one.label == "ORG"
    }
    assert counted == {True, False} and found == {"浙商银行", "《浙商银行》"}


def test_some_steps_have_the_names_of_another_language(plan: Recipe, sources: list[Source]) -> None:
    other = {"PER": Label("PER", "person", "people's names")}
    news = [replace(one, other=other) for one in sources if one.name == "news"]
    asked = replace(_asked(plan), translated=0.5, names={"described": 1})
    packs = training_packs(_longer(plan), asked, news)
    names = {label.written for pack in packs for label in pack.labels if label.name == "PER"}
    assert "人名" in names and {name.casefold() for name in names} == {"人名", "person"}
