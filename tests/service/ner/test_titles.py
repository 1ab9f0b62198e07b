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
        "不含作者，含书名号",
        "小说的名称，不含作者但含书名号",
        "无论新旧，均包括书名号",
        "小说的名称，不仅含书名号，也含副标题",
        "未来类别的免费游戏，带《》",
        "titles without their authors, but with their 《》",
        "not the author; with the 《》",
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
        "不要包含书名号",
        "不需要带书名号",
        "小说的名称，无需包括书名号",
        "不应含书名号",
        "书名，不得带书名号",
        "未含书名号",
        "请勿包括书名号",
        "别带书名号",
        "避免包含《》",
        "标注时不要在名称的两端带书名号",
        "是否含书名号均可",
        "titles, not including the 《》",
        "Not with their 《》",
        "titles of books, never including 《》",
        "titles that don't come with their 《》",
        "titles excluding or not including the 《》",
        "书名号里的都是书名",
    ],
)
def test_marks_that_do_not_or_of_which_nothing_is_said(description: str) -> None:
    assert not counts_marks(description)
