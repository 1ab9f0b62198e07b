"""`nerve adapter try` reads what an adapter wrote as serving does."""

from pathlib import Path

import pytest

from adapters.measuring.trial_answer import Answer
from service.models.manifest import load
from service.ner.fold import fold
from tests.conftest import ADAPTER, MANIFEST

TEXT = "余华写了《活着》，由浙商银行印"


def _read(
    folder: Path, manifest: str, completion: str, *, complete: bool = True, text: str = TEXT
) -> Answer:
    (folder / ADAPTER).mkdir()
    (folder / ADAPTER / "adapter.toml").write_text(manifest, encoding="utf-8")
    folded = fold(text)
    return Answer.read(load(folder / ADAPTER), folded, folded.text, completion, complete=complete)


_BY_DESCRIPTION = MANIFEST.replace(
    'written = "姓名"', 'written = "姓名"\ndescription = "书的名称，含书名号"'
)


@pytest.mark.parametrize(
    ("manifest", "found"),
    [
        (MANIFEST, "活着"),
        (MANIFEST + '[decoding]\ntitles = ["name"]\n', "《活着》"),
        (_BY_DESCRIPTION, "《活着》"),
    ],
)
def test_titles_have_their_marks_as_in_serving(tmp_path: Path, manifest: str, found: str) -> None:
    """By the manifest, or by a label's description."""
    answer = _read(tmp_path, manifest, "姓名：活着")
    assert [entity["text"] for entity in answer.shown()["entities"]] == [found]


def test_what_is_lost_is_told(tmp_path: Path) -> None:
    """What does not stand in the text, and an answer that ran out of room."""
    answer = _read(tmp_path, MANIFEST, "公司：浙商银行\n姓名：叶老桂", complete=False)
    shown = answer.shown()
    assert [entity["text"] for entity in shown["entities"]] == ["浙商银行"]
    assert shown["dropped"] and shown["truncated"]


def test_halves_of_a_character_do_not_overlap(tmp_path: Path) -> None:
    """The second would have the character that the first has."""
    shown = _read(tmp_path, MANIFEST, "公司：招商f\n姓名：i王", text="招商ﬁ王").shown()
    assert [entity["text"] for entity in shown["entities"]] == ["招商ﬁ"]
    assert shown["dropped"] == [{"label": "name", "text": "i王", "reason": "overlap"}]
