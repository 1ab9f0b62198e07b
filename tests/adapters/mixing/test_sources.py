"""A folder of labelled sources, and its rows: cut, roughened, with labels by many names."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from adapters import recipe
from adapters.data.examples import Example, leaked, split
from adapters.data.readers import DataError, read
from adapters.mixing.label_names import write
from adapters.mixing.negatives import nearness, negatives
from adapters.mixing.noise import ascii_marks, lower, without_blanks, without_final_mark
from adapters.mixing.sources import Source, cut, read_sources
from service.ner.formats import FORMATS
from service.ner.types import Entity, Label
from tests.adapters.mixing.open_sources import folder
from tests.adapters.mixing.test_packs import SOURCES

CITIES = (
    Label("from_city", "departure city", "Where the trip begins"),
    Label("to_city", "arrival city", "Where the trip ends"),
    Label("ticket", "class", "First or second"),
)


def surfaces(example: Example) -> list[str]:
    """What the entities cover."""
    return [example.text[one.start : one.end] for one in example.entities]


def test_a_long_row_ends_at_a_sentence_and_no_entity_is_cut() -> None:
    text = "He met Dr. Who. Then he left for Oslo. And so on."
    row = Example(text, (Entity("person", 7, 14), Entity("place", 33, 37)))
    short = cut(row, 40)
    assert short == Example("He met Dr. Who. Then he left for Oslo.", row.entities)
    assert cut(row, 12) is None  # only "Dr. " ends there, inside the person
    assert cut(row, 100) == row


@pytest.mark.parametrize(
    ("kind", "text", "found", "roughened"),
    [
        (without_blanks, "In Paris , ( France ) .", ["Paris", "France"], "In Paris, (France)."),
        (without_final_mark, "In Paris .", ["Paris"], "In Paris"),
        (without_final_mark, "At Yahoo!", ["Yahoo!"], "At Yahoo!"),
        (lower, "In PARIS", ["PARIS"], "in paris"),
        (ascii_marks, "在巴黎，他笑！", ["巴黎"], "在巴黎,他笑!"),
    ],
)
def test_entities_move_along_with_noise(kind, text, found, roughened) -> None:  # type: ignore[no-untyped-def]
    starts = [(text.index(one), one) for one in found]
    row = Example(text, tuple(Entity("x", at, at + len(one)) for at, one in starts))
    noisy = kind(row)
    assert noisy.text == roughened
    assert [one.casefold() for one in surfaces(noisy)] == [one.casefold() for one in found]


def test_hard_negatives_come_first() -> None:
    near = nearness(CITIES, [])
    found = negatives(["from_city"], CITIES, near, 1, random.Random(1))
    assert found == ["to_city"]
    assert set(negatives([], CITIES, near, 9, random.Random(1))) == {one.name for one in CITIES}


@pytest.mark.parametrize("seed", range(20))
def test_an_opaque_name_leaves_the_description_to_tell(seed: int) -> None:
    opaque = write(CITIES, "opaque", "en", FORMATS["lines"], random.Random(seed))
    assert [one.description for one in opaque] == [one.description for one in CITIES]
    assert {one.written for one in opaque}.isdisjoint({one.written for one in CITIES})


def test_a_name_that_the_format_cannot_write_is_not_used() -> None:
    labels = (Label("a：b", "arrival", "Where it ends"),)
    assert write(labels, "id", "en", FORMATS["lines"], random.Random(1)) == labels
    silent = (Label("x", "arrival"),)
    assert write(silent, "opaque", "en", FORMATS["lines"], random.Random(1)) == silent


def test_rows_are_held_out_by_their_whole_texts(tmp_path: Path) -> None:
    """As all who measure part the file: none of its held-out rows is trained on, long or short."""
    path = folder(tmp_path, rows=100)
    file = path / "train" / "trips.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for number, row in enumerate(rows):
        row["text"] = f"{row['text'][:-1]}{'. And more' * (number % 4)}. In {number} words."
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (trips,) = _trips(path, tmp_path, longest=60)
    measured = split(read(file, "spans", ()).examples, 10)[1]
    trained = [example.text for example in trips.training]
    assert any(len(example.text) > 60 for example in measured)
    assert not [one for one in measured if any(one.text.startswith(text) for text in trained)]
    assert trips.held_out


def test_rows_that_are_one_when_they_are_cut_are_not_trained_on(tmp_path: Path) -> None:
    """No held-out text was seen; and where nothing is left to train on, that is said."""
    path = folder(tmp_path, rows=100)
    thanks = ("Thank you.", "Thank  you.")
    texts = (
        f"{thanks[n % 4 // 2]} Call {n} is over." if n % 2 else f"Call {n}. Over."
        for n in range(100)
    )
    lines = "".join(json.dumps({"text": text, "entities": []}) + "\n" for text in texts)
    (path / "train" / "trips.jsonl").write_text(lines, "utf-8")
    (trips,) = _trips(path, tmp_path, longest=20)
    assert "Thank you." in {one.text for one in trips.held_out}
    assert len(trips.training) + len(trips.held_out) < 100
    assert not leaked(trips.training, trips.held_out)
    with pytest.raises(DataError, match=r"trips\.jsonl: no row to train on is left, cut to 5 char"):
        _trips(path, tmp_path, longest=5)


def _trips(path: Path, folder: Path, longest: int) -> list[Source]:
    plan = _plan(folder, SOURCES)
    assert plan.sources is not None
    asked = replace(plan.sources, rows={"trips": 100}, longest={"en": longest, "zh": longest})
    return read_sources(path, replace(plan, data=replace(plan.data, held_out=10)), asked)


def test_what_is_wrong_with_a_folder_is_told(tmp_path: Path) -> None:
    plan = _plan(tmp_path, SOURCES.replace("news", "olds"))
    assert plan.sources is not None
    with pytest.raises(DataError, match=r"no olds\.jsonl, which sources\.rows names"):
        read_sources(folder(tmp_path / "data"), plan, plan.sources)


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("labels = 3", "labels = 0", r"sources\.labels = 0"),
        ("plain = 1", "shouted = 1", r"sources\.names\.shouted"),
        ("noise", "loudness", r"sources\.loudness: not known; expected one of the keys"),
    ],
)
def test_a_recipe_says_what_is_wrong_with_its_sources(
    tmp_path: Path, good: str, bad: str, message: str
) -> None:
    with pytest.raises(recipe.RecipeError, match=message):
        _plan(tmp_path, SOURCES.replace(good, bad))


def _plan(folder: Path, sources: str) -> recipe.Recipe:
    path = folder / "recipe.toml"
    text = Path(__file__).parents[1].joinpath("recipe.toml").read_text(encoding="utf-8")
    path.write_text(text + sources, encoding="utf-8")
    return recipe.load(path)
