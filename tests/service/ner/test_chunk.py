"""Cutting long texts. The rows are for linguists, the properties for everybody."""

import re
import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.chunk import chunks
from tests.service.ner.strings import PIECES, texts

# max_chars, the pieces that the text is cut into
ROWS = [
    (10, ["今天下雨。"]),
    (10, ["今天下雨。", "明天天晴，后天再说。"]),
    (10, ["第一段。\n", "第二段。第三句。第"]),
    (10, ["他说：“好。”", "我说不行。"]),
    (10, ["甲说，", "乙丙丁戊己庚辛壬癸"]),
    (10, ["甲乙丙丁戊己庚辛壬癸", "子丑寅卯"]),
    (10, ["标题\r\n\r\n", "正文从这里开始"]),
    (10, ["价格是", "3,141.59元左", "右吧"]),
    (10, ["It costs ", "3.50 euro"]),
    (24, ["He has gone home. ", "She stays where she is."]),
    (8, ["看《你好！李焕英", "》。"]),  # no sentence ends inside of a title
    (18, ["www.a.b/c?d=e,f ", "stands there."]),
    (10, ["Dr. ", "Who came. ", "He left."]),
    (10, ["我们在", "Shenzhen见面"]),
    (6, ["Donaud", "ampfsc", "hiff"]),
    (10, ["我们在", "Владимир见面"]),
    (10, ["我们在这里", "Ａｂｃｄｅｆ见面"]),
    (6, ["123456", "7890元"]),
    (7, ["圆周", "3.14IT公"]),
    (4, ["甲乙", "👩\u200d👩\u200d", "👧"]),  # a family of five code points fits no piece of four
    (5, ["甲乙", "👩‍👩‍👧", "丙丁"]),
    (3, ["🇨🇳", "🇯🇵", "🇫🇷"]),
    (3, ["甲乙", "👍🏽丙"]),
    (5, ["cafe\u0301", "甲"]),
    (2, ["甲", "e\u0301", "乙丙"]),
    (2, ["甲", "\r\n", "乙"]),
    (5, ["שלום ", "דנה"]),
    (2, ["甲", "\u1112\u1161"]),
    (3, ["甲", "\u1112\u1161\u11ab"]),
    (3, ["❤️甲", "乙丙"]),
]  # fmt: skip


@pytest.mark.parametrize(("max_chars", "pieces"), ROWS)
def test_chunks(max_chars: int, pieces: list[str]) -> None:
    """Behind paragraphs, sentences, clauses, white space, in this order."""
    assert [chunk.text for chunk in chunks("".join(pieces), max_chars)] == pieces


JOINER = "\u200d"
FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
mixed = st.lists(
    st.sampled_from(
        [*PIECES, "。", "，", ". ", "3.14", "1,000", "Zürich", "👍🏽", "❤️", JOINER, "\u0301",
         "한국", "🇯🇵", "\u3099", "นี้", "क्षि", "المدينة"]
    ),
    max_size=40,
).map("".join)  # fmt: skip
sizes = st.integers(1, 12)


@given(st.one_of(mixed, texts), sizes)
def test_the_pieces_are_the_text(text: str, max_chars: int) -> None:
    """Nothing is lost, offsets are right, no piece is empty or too long."""
    found = chunks(text, max_chars)
    assert "".join(chunk.text for chunk in found) == text
    assert all(0 < len(chunk.text) <= max_chars for chunk in found)
    ends = [0, *(chunk.offset + len(chunk.text) for chunk in found)]
    assert [chunk.offset for chunk in found] == ends[:-1]


def belongs(text: str, place: int) -> bool:
    """Whether the character at ``place`` belongs to the one before it."""
    before, here = text[:place], text[place]
    if here in FLAG_LETTERS and before[-1] in FLAG_LETTERS:
        return (len(before) - len(before.rstrip(FLAG_LETTERS))) % 2 == 1
    if before[-1] == JOINER or before[-1] + here == "\r\n":
        return True
    return unicodedata.category(here) in ("Mn", "Mc", "Me") or here in JOINER + "🏽"


@given(mixed, sizes)
def test_what_belongs_together_stays_together(text: str, max_chars: int) -> None:
    """A cut inside a cluster or a word: only where the piece before is part of nothing else."""
    for piece, after in pairwise(chunks(text, max_chars)):
        if belongs(text, after.offset):
            assert len(piece.text) == max_chars
            assert all(belongs(text, place) for place in range(piece.offset + 1, after.offset))
        elif re.match("[0-9A-Za-züé]{2}", piece.text[-1] + after.text[0]):
            word = piece.text.rpartition(JOINER)[2]  # a joiner glues a word to what comes before
            assert re.fullmatch("[0-9A-Za-züé\u0301.,:/-]+", word)


@given(st.lists(st.sampled_from(["甲", "乙，", "丙。", "丁\n", "戊 "]), max_size=40), sizes)
def test_a_piece_ends_at_the_last_of_the_best_ends(parts: list[str], max_chars: int) -> None:
    """Against a search by hand: paragraph, sentence, clause, white space, any character."""
    text = "".join(parts)
    for piece in chunks(text, max_chars)[:-1]:
        ends = range(piece.offset + 1, piece.offset + max_chars + 1)
        best = max(ends, key=lambda end: (" ，。\n".find(text[end - 1]), end))
        assert piece.offset + len(piece.text) == best


def test_no_text_no_piece() -> None:
    """And a size that no piece can have is refused."""
    assert chunks("", 5) == []
    with pytest.raises(ValueError, match="max_chars has 0; expected 1 or more"):
        chunks("甲", 0)


NAMES = ["J. R. R. Tolkien", "Dr. Mira Okafor", "D.C. Circuit", "Yahoo! Japan", "Apple Corp. Ltd.",
         "Star Wars: Episode IV", "《你好，李焕英》", "《你好！李焕英》", "Sammy Davis Jr., MD",
         "https://example.com/a?b=c", "J.R.R.托尔金", "Smith, Jones & Co."]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("filler", ["some of the words ", "他们说了很多话"])
def test_names_with_marks_are_whole_in_the_piece_that_answers_for_them(
    name: str, filler: str
) -> None:
    """Wherever in a text they stand: the piece in whose part they begin shows them to their end."""
    prose = filler * 40
    for place in range(0, 300, 3):
        text = prose[:place] + " " + name + " " + prose[place:]
        begins = text.index(name)
        ends = begins + len(name)
        (piece,) = (one for one in chunks(text, 120, 30) if one.start <= begins < one.end)
        assert piece.offset <= begins and ends <= piece.offset + len(piece.text)


@pytest.mark.parametrize(
    "unit",
    [
        "!?",
        ".甲",
        "《",
        "《甲",
        "a, ",
        "abcd. ",
        "a",
        "1.",
        " ",
        "\n",
        "\n ",
        "。",
        ". ",
        "”",
        "\u0301",
        JOINER,
        "🇨",
        "\r",
        "甲。\n",
        "\u1112",
    ],
)
def test_it_takes_linear_time(unit: str) -> None:
    """Twenty times the text may not take four hundred times as long."""

    def seconds(repeats: int) -> float:
        started = time.process_time()
        chunks(unit * repeats, 256)
        return time.process_time() - started

    short = max(min(seconds(2_500) for _ in range(3)), 0.001)
    assert seconds(50_000) < 100 * short


@given(st.one_of(mixed, texts), sizes, st.integers(0, 4))
def test_the_own_parts_are_the_text(text: str, max_chars: int, overlap: int) -> None:
    """Each character is answered for by one piece, which shows it; no piece is too long."""
    found = chunks(text, max_chars, overlap)
    assert [chunk.start for chunk in found] == [0, *(chunk.end for chunk in found)][: len(found)]
    assert not found or found[-1].end == len(text)
    for chunk in found:
        assert chunk.text == text[chunk.offset : chunk.offset + len(chunk.text)]
        assert chunk.offset <= chunk.start < chunk.end <= chunk.offset + len(chunk.text)
        assert len(chunk.text) <= max_chars


@given(
    st.lists(
        # A letter and a number side by side would be one long run.
        st.sampled_from(["甲", "乙 ", "e\u0301丁", "3.14丁", "丙，", "丁。", "👍🏽"]),
        max_size=80,
    ),
    st.integers(24, 60),
)
def test_a_piece_shows_what_follows_a_cut_through_a_run(parts: list[str], max_chars: int) -> None:
    """What begins in its own part stands in it whole, up to the overlap less a cluster; behind a
    sentence, nothing has to be shown twice."""
    text = "".join(parts)
    for piece, after in pairwise(chunks(text, max_chars, 6)):
        shown = piece.offset + len(piece.text) - piece.end, after.start - after.offset
        if text[piece.end - 1] == "。":
            assert shown == (0, 0)
        else:
            assert all(6 - len("3.14") < size <= 6 for size in shown)
