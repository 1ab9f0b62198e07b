"""Files of labels: what rows call them, what a model is asked for."""

import json
from pathlib import Path

import pytest

from adapters.data.label_file import read_labels
from adapters.data.readers import DataError
from service.ner.types import Label

PER = Label("PER", "人物", "人名 🙂")


PER_ROW = {"PER": {"name": "人物", "description": "人名 🙂"}}
PLAIN = '{"bank": "", "labels": "names of things"}'
LABELS = (Label("bank", "bank"), Label("labels", "labels", "names of things"))


@pytest.mark.parametrize(
    ("name", "text", "language", "labels"),
    [
        ("a.json", json.dumps({"language": "zh", "labels": PER_ROW}), "zh", (PER,)),
        ("a.toml", '[labels.PER]\nname = "人物"\ndescription = "人名 🙂"\n', "", (PER,)),
        ("a.toml", '[labels]\nbank = "money"\n', "", (Label("bank", "bank", "money"),)),
        ("A.TOML", '[labels]\nbank = "money"\n', "", (Label("bank", "bank", "money"),)),
        ("a.json", PLAIN, "", LABELS),
    ],
)
def test_both_forms_are_read(
    tmp_path: Path, name: str, text: str, language: str, labels: tuple[Label, ...]
) -> None:
    """Ids with names and descriptions, or names with descriptions; JSON or TOML."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_labels(tmp_path / name) == (language, labels)


@pytest.mark.parametrize("name", ["a.json", "a.toml"])
def test_a_file_that_windows_notepad_saved(tmp_path: Path, name: str) -> None:
    """With a byte order mark."""
    text = PLAIN if name == "a.json" else 'bank = ""\nlabels = "names of things"\n'
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert read_labels(tmp_path / name) == ("", LABELS)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "big5"])
def test_a_file_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    """As rows are read."""
    text = '{"labels": {"PER": {"name": "人物", "description": "人名"}}}'
    (tmp_path / "a.json").write_bytes(text.encode(encoding))
    assert read_labels(tmp_path / "a.json") == ("", (Label("PER", "人物", "人名"),))


def test_what_is_no_text(tmp_path: Path) -> None:
    """Nor there."""
    (tmp_path / "a.json").write_bytes(bytes(range(256)) * 4)
    with pytest.raises(DataError, match=r"a\.json: the file is not text; expected labels"):
        read_labels(tmp_path / "a.json")
    with pytest.raises(DataError, match=r"b\.json: No such file or directory; expected"):
        read_labels(tmp_path / "b.json")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "expected {"),
        ("{", "expected {"),
        ("{}", "no label"),
        ('{"labels": []}', "expected {"),
        ('{"a": 3}', "expected {"),
        (
            '{"labels": {"a": [1]}}',
            'labels.a has [1]; expected {"name", "description"}, or a string',
        ),
        ('{"a": {"description": "no name"}}', "a.name is missing; expected a string"),
        ('{"a": {"name": 1}}', "a.name has 1; expected a string"),
        ('{"labels": {"a": {"name": null}}}', "labels.a.name has null; expected a string"),
        ('{"a": {"name": "x", "description": ["y"]}}', 'a.description has ["y"]; expected a str'),
        ('{"language": 1, "labels": {"a": "x"}}', "language has 1; expected a string"),
        ('{"a": "\\ud83d"}', "a has half of a surrogate pair at 0"),
        ("[" * 100_000, "nested too deeply; expected {"),
        ('{"a": "x", "a": "y"}', "a is there twice in one object; expected once"),
        ('{"labels": {"a": {"name": "x", "name": "y"}}}', "name is there twice in one object"),
        ('{"a": {"name": "x"}, "b": {"name": "x"}}', "'x' is the name of two labels"),
    ],
)
def test_what_is_no_file_of_labels_is_told(tmp_path: Path, text: str, says: str) -> None:
    """With what was expected."""
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as refusal:
        read_labels(path)
    assert says in str(refusal.value) and "bad.json" in str(refusal.value)
