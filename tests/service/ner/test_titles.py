"""What a label's description says of the marks around titles."""

import pytest

from service.ner.titles import counts_marks


@pytest.mark.parametrize(
    "description",
    [
        "小说的名称，含书名号",
        "小说、杂志等书刊的名称，连同书名号",
        "影片的名称，包括书名号《》",
        "游戏名（带《》）",
        "titles of films, with their 《》",
        "Including the 《》 around them",
    ],
)
def test_marks_that_belong_to_the_entity(description: str) -> None:
    assert counts_marks(description)


@pytest.mark.parametrize(
    "description",
    [
        "",
        "小说的名称",
        "小说的名称，不含书名号",
        "小说的名称，不包括书名号和作者",
        "影片的名称，不带《》",
        "titles of films, without 《》",
        "书名号里的都是书名",
    ],
)
def test_marks_that_do_not_or_of_which_nothing_is_said(description: str) -> None:
    assert not counts_marks(description)
