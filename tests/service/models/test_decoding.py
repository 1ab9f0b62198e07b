"""How an adapter answers requests that do not say: what its manifest may have."""

from pathlib import Path

import pytest

from service.models.decoding import Decoding
from service.models.manifest import ManifestError, load
from tests.conftest import ADAPTER, MANIFEST
from tests.support.open_adapter import put_open


def loaded(folder: Path, text: str) -> Decoding:
    """The decoding of a manifest."""
    (folder / ADAPTER).mkdir()
    (folder / ADAPTER / "adapter.toml").write_text(text, encoding="utf-8")
    return load(folder / ADAPTER).decoding


def test_it_is_read(tmp_path: Path) -> None:
    """Both, whole numbers too."""
    found = loaded(tmp_path, MANIFEST + "[decoding]\nend_bias = -1\nmin_score = 0.25\n")
    assert found == Decoding(end_bias=-1.0, min_score=0.25)


def test_labels_take_titles_whole(tmp_path: Path) -> None:
    """By name; an open adapter may be asked for others, so none is unknown."""
    found = loaded(tmp_path, MANIFEST + '[decoding]\ntitles = ["name", "company"]\n')
    assert found.titles == ("name", "company")
    titles = '[decoding]\ntitles = ["book", "电影"]\n'
    assert load(put_open(tmp_path, more=titles)).decoding.titles == ("book", "电影")


def test_a_manifest_without_it_changes_nothing(tmp_path: Path) -> None:
    """Neither bias nor threshold."""
    assert loaded(tmp_path, MANIFEST) == Decoding(end_bias=0.0, min_score=0.0)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("decoding = 3", "decoding = 3; expected a [decoding] table"),
        ("[decoding]\nend_bias = -11", "decoding.end_bias = -11; expected a number from -10 to 10"),
        ("[decoding]\nend_bias = nan", "decoding.end_bias = nan; expected a number"),
        ('[decoding]\nend_bias = "a"', "decoding.end_bias = 'a'; expected a number"),
        ("[decoding]\nmin_score = 1.5", "decoding.min_score = 1.5; expected a number from 0 to 1"),
        (
            "[decoding]\ntitles = 'book'",
            "decoding.titles = 'book'; expected a list of labels' names",
        ),
        (
            "[decoding]\ntitles = ['name', 'book']",
            "decoding.titles = 'book'; expected names of its labels: company, name",
        ),
        (
            "[decoding]\nbias = 1",
            "decoding.bias = 1; expected no key but end_bias, min_score, ",
        ),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, table: str, says: str) -> None:
    """The file, the key, the value, what was expected."""
    text = f"{table}\n{MANIFEST}" if table.startswith("decoding =") else MANIFEST + table
    with pytest.raises(ManifestError) as refusal:
        loaded(tmp_path, text)
    assert f"{ADAPTER}/adapter.toml: {says}" in str(refusal.value)


@pytest.mark.parametrize("form", ["json", "python_dict", "inline_tags"])
def test_answers_that_something_else_ends_have_no_bias(tmp_path: Path, form: str) -> None:
    """A bracket decides there, not the model's end."""
    manifest = MANIFEST.replace('"lines"', f'"{form}"')
    with pytest.raises(ManifestError, match=f"the format {form} says itself where an answer ends"):
        loaded(tmp_path, manifest + "[decoding]\nend_bias = -1\n")
