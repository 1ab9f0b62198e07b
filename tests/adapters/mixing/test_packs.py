"""What an adapter for any labels is shown: one source and one label list a step."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import recipe
from adapters.data.augment import Pack
from adapters.mixing.packs import training_packs, validation_packs
from adapters.mixing.sources import Source, read_sources
from adapters.recipe import Recipe
from adapters.recipe_tables import Sources
from tests.adapters.mixing.open_sources import LABELS, folder

SOURCES = """
[sources]
labels = 3
noise = 0.3
longest = { zh = 100, en = 200 }
names = { described = 3, plain = 1, partly = 1, id = 1, opaque = 1 }
rows = { news = 30 }
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """The tests' recipe, with sources."""
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    text = Path(__file__).parents[1].joinpath("recipe.toml").read_text(encoding="utf-8")
    path.write_text(text + SOURCES, encoding="utf-8")
    found = recipe.load(path)
    data = replace(found.data, held_out=3, rows=36, subset=0.3, empty=0.2)
    return replace(found, data=data, train=replace(found.train, validation_rows=4))


@pytest.fixture(scope="module")
def sources(plan: Recipe, tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    """Both sources of the folder."""
    return read_sources(folder(tmp_path_factory.mktemp("sources")), plan, _asked(plan))


def _asked(plan: Recipe) -> Sources:
    assert plan.sources is not None
    return plan.sources


def _source_of(pack: Pack) -> str:
    names = {label.name for label in pack.labels}
    return next(name for name, said in LABELS.items() if names <= set(said["labels"]))


@given(st.integers(0, 30))
def test_every_pack_asks_one_source_for_a_few_of_its_labels(
    plan: Recipe, sources: list[Source], seed: int
) -> None:
    """The same seed gives the same packs, and gold is what was asked for."""
    seeded = replace(plan, train=replace(plan.train, seed=seed))
    packs = training_packs(seeded, _asked(seeded), sources)
    assert packs == training_packs(seeded, _asked(seeded), sources)
    for pack in packs:
        written = {label.written for label in pack.labels}
        assert _source_of(pack)
        assert 1 <= len(pack.labels) <= 3 and len(written) == len(pack.labels)
        for example in pack.examples:
            assert {e.label for e in example.entities} <= {label.name for label in pack.labels}
            assert all(example.text[e.start : e.end].strip() for e in example.entities)


def test_most_rows_have_what_they_are_asked_for(plan: Recipe, sources: list[Source]) -> None:
    """Also where only a few of the labels are asked for."""
    packs = training_packs(plan, _asked(plan), sources)
    rows = [example for pack in packs for example in pack.examples]
    assert 0.1 < sum(not row.entities for row in rows) / len(rows) < 0.3


def test_no_more_rows_than_the_recipe_says(plan: Recipe, sources: list[Source]) -> None:
    """``sources.rows`` for those that it names, ``data.rows`` for the others."""
    whole = replace(plan, data=replace(plan.data, joined=0.0, empty=0.0))
    packs = training_packs(whole, replace(_asked(plan), noise=0.0), sources)
    counts = Counter[str]()
    for pack in packs:
        counts[_source_of(pack)] += len(pack.examples)
    assert counts["news"] <= 30 and counts["trips"] <= 36


def test_labels_are_written_in_several_ways(plan: Recipe, sources: list[Source]) -> None:
    asked = replace(_asked(plan), rows={})
    many = replace(plan, train=replace(plan.train, epochs=8, rows_a_step=4))
    labels = {label for pack in training_packs(many, asked, sources) for label in pack.labels}
    mine = [label for label in labels if label.name == "PER"]
    assert {"人名", "PER"} < {label.written for label in mine}
    assert {"", "人的姓名"} == {label.description for label in mine}


def test_held_out_rows_are_asked_plainly_and_never_trained_on(
    plan: Recipe, sources: list[Source]
) -> None:
    held_out = {row.text for source in sources for row in source.held_out}
    validation = validation_packs(plan, _asked(plan), sources)
    shown = [row.text for pack in validation for row in pack.examples]
    assert 0 < len(shown) <= 4 and set(shown) <= held_out
    assert all(label.description for pack in validation for label in pack.labels)
    trained = {row.text for source in sources for row in source.training}
    assert not trained & held_out
