"""A recipe made from rows: what follows from their number, their labels and the start."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import draft, recipe
from adapters.data.examples import Example
from adapters.data.readers import DataError
from adapters.data.unseen import HeldOut, refuse_seen
from adapters.recipe import RecipeError
from service.models.manifest import ManifestError
from service.ner.types import Entity, Label, refuse_written
from tests.conftest import BASE

OPEN = Path(recipe.__file__).parent / "open-ner-lora"
ROWS = [Example(f"叶老桂{n}", (Entity("PER", 0, 3),)) for n in range(40)]
PER = (Label("PER", "人物", "人的姓名"),)


@pytest.mark.parametrize(
    ("rows", "held_out", "epochs", "steps"),
    [(20, 0, 10, 30), (99, 0, 10, 130), (100, 10, 10, 120), (500, 50, 3, 171), (3000, 200, 1, 350)],
)
def test_few_rows_are_seen_often(rows: int, held_out: int, epochs: int, steps: int) -> None:
    """And a tenth of them is never trained on, where that says something."""
    assert draft.Sizes.of(rows) == draft.Sizes(held_out, epochs, steps)


def test_it_begins_with_the_start(tmp_path: Path) -> None:
    """Its prompt, its format, its matrices; the labels are the rows'."""
    found = draft.write(tmp_path / "mine", ROWS, PER, "another base", OPEN)
    begun = recipe.load(OPEN / "recipe.toml")
    assert found == recipe.load(tmp_path / "mine" / "recipe.toml")
    assert (found.base, found.template, found.lora) == (begun.base, begun.template, begun.lora)
    assert (tmp_path / "mine" / found.start).resolve() == OPEN.resolve()
    assert (found.labels, found.sources) == (PER, None)
    assert found.data.held_out == 0
    with pytest.raises(RecipeError, match=r"mine/recipe\.toml is there"):
        draft.write(tmp_path / "mine", ROWS, PER, BASE, None)


def test_no_more_is_held_out_than_by_the_start(tmp_path: Path) -> None:
    """Which may have been trained on the others: `train` would refuse the recipe."""
    many = [Example(f"叶老桂{n}", (Entity("PER", 0, 3),)) for n in range(300)]
    draft.write(tmp_path / "few", many[:100], PER, BASE, None)
    assert draft.write(tmp_path / "more", many, PER, BASE, tmp_path / "few").data.held_out == 10
    assert draft.write(tmp_path / "open", many, PER, BASE, OPEN).data.held_out == 30


def test_no_more_is_held_out_than_the_start_is_known_to_have(tmp_path: Path) -> None:
    """Of a part of its rows fewer are among those that it held out."""
    many = [Example(f"叶老桂{n}", (Entity("PER", 0, 3),)) for n in range(600)]
    draft.write(tmp_path / "all", many, PER, BASE, None)
    HeldOut.of(many, 60).write(tmp_path / "all")
    assert draft.write(tmp_path / "same", many, PER, BASE, tmp_path / "all").data.held_out == 60
    part = [*many[::2], *(Example(f"别的{n}", ()) for n in range(300))]
    fewer = draft.write(tmp_path / "part", part, PER, BASE, tmp_path / "all").data.held_out
    refuse_seen(tmp_path / "all", part, fewer)
    assert fewer > 0
    short = draft.write(tmp_path / "short", many[::3], PER, BASE, tmp_path / "all").data.held_out
    refuse_seen(tmp_path / "all", many[::3], short)


def test_without_a_start_it_begins_with_the_base(tmp_path: Path) -> None:
    """By the short built-in prompt."""
    found = draft.write(tmp_path, ROWS, draft.labels_in(ROWS), BASE, None)
    assert (found.base, found.start, found.prompt) == (BASE, "", "zh-lines-1")
    assert found.labels == (Label("PER", "PER"),)


def test_rows_without_entities_are_made_where_there_are_none(tmp_path: Path) -> None:
    """A tenth, unless the data has as many."""
    some = [*ROWS, *(Example(f"没有{n}", ()) for n in range(8))]
    assert draft.write(tmp_path / "a", ROWS, PER, BASE, None).data.empty == 0.1
    assert draft.write(tmp_path / "b", some, PER, BASE, None).data.empty == 0.0


@pytest.mark.parametrize(
    ("rows", "labels", "error", "says"),
    [
        (ROWS[:19], PER, DataError, "19 rows; expected 20 or more"),
        (ROWS, (), DataError, "no row has an entity"),
        (ROWS, (Label("a：b", "a：b"),), RecipeError, "a label without '：'"),
    ],
)
def test_what_makes_no_recipe_is_told(
    tmp_path: Path, rows: list[Example], labels: tuple[Label, ...], error: type, says: str
) -> None:
    """And leaves nothing."""
    with pytest.raises(error, match=says):
        draft.write(tmp_path / "mine", rows, labels, BASE, None)
    assert not (tmp_path / "mine").exists()


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4))
def test_whatever_labels_are_called_they_come_back(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str, str]]
) -> None:
    """Quotes, emoji, control characters: as they were, or refused."""
    labels = tuple(Label(*one) for one in said)
    folder = tmp_path_factory.mktemp("mine")
    try:
        assert draft.write(folder, ROWS, labels, BASE, None).labels == labels
    except (RecipeError, ManifestError):
        doubled = any(len({getattr(one, key) for one in labels}) < len(labels)
                      for key in ("name", "written"))  # fmt: skip
        odd = any(refuse_written(one.written) or "：" in one.written for one in labels)
        assert doubled or odd or not all(one.name and one.written for one in labels)
