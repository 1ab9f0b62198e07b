"""What the model reads of a text, and where it stood. The rows are for linguists."""

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.ner.fold import fold
from service.ner.fold.composed import USUAL
from tests.growth.insertions import KINDS, counts
from tests.service.ner.strings import texts

# Left as they are: nothing was hidden, or it says something.
UNTOUCHED = [
    "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。",
    "The New York Times, e.g., costs $3.50 — René said so; “naïve”!",
    "ＡＢＣ，１２３（株）㈱①Ⅳ",  # full width and enclosed: seen
    "می‌خواهم",  # Persian: U+200C keeps two letters of one word apart
    "क्‍ष और क्‌ष",  # Hindi: joiners choose the conjunct's form
    "👩‍👩‍👧 ❤️ 👍🏽 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",  # emoji: joined, coloured, toned, a keycap, a flag
    "한국어 문장입니다",
    "ภาษาไทยไม่มีช่องว่าง",
    "出席：张三 李四 王五",  # a list: blanks separate its items
    "山田 太郎",
    "他在 Google 工作",
    "王小明 男 汉族 北京大学毕业",  # fields, as a blank between ideographs mostly means
    "",
    " ",
    "\n",
]

# text → what the model reads
INVISIBLE = [
    ("王\u200b小明", "王小明"),
    ("王\u2060小\ufeff明", "王小明"),
    ("\ufeff王小明", "王小明"),
    ("inter\xadnational", "international"),
    ("Zü\u200crich", "Zürich"),  # Latin letters do not join
    ("王\u200d小明", "王小明"),
    ("\u202bדנה\u202c", "דנה"),
    ("葛\U000e0100飾区", "葛飾区"),  # the same ideograph in another shape
    ("王\ufe0f小明", "王小明"),
    ("a\x07b\x1bc", "abc"),
    ("Hi\U000e0041\U000e0042", "Hi"),  # tags without a flag hide a message
    ("exam\xad\nple", "example"),
    ("exam\x02\r\nple", "example"),
    ("exam\x1fple", "example"),  # Word's optional hyphen
    ("exam\x1f\r\nple", "example"),
    ("Jean\x1ePaul, 2020\x1e2021", "Jean-Paul, 2020-2021"),  # and its hyphen without a break
    ("王\x1c小\x1d明\x1e，", "王小明，"),
]
COMPOSED = [
    ("Rene\u0301 Mu\u0308ller", "René Müller"),
    ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
    ("⽯⼩明", "石小明"),  # Kangxi radicals
    ("⻓江⻔⻜⻢", "长江门飞马"),  # radicals of the supplement
    ("\uf9e1\uf967", "李不"),  # compatibility ideographs
    ("Pﬁzer, ﬂight, oﬃce", "Pfizer, flight, office"),
    ("\u212bngström", "Ångström"),
    ("e\u200b\u0301", "é"),
]
BREAKS = [
    ("中国工商银\n行北京分行行长王小\n明", "中国工商银行北京分行行长王小明"),
    ("中国工商银\r\n行北京分行", "中国工商银行北京分行"),
    ("in New\nYork today", "in New York today"),
    ("in New \r\n York today", "in New York today"),
    ("in New\vYork today", "in New York today"),  # Word's line break
    ("in New\u2028York today", "in New York today"),
    ("in New\n\fYork today", "in New York today"),  # a page break inside of a paragraph
    ("an inter-\nnational firm", "an international firm"),
    ("by Jean-\nPaul Sartre", "by Jean-Paul Sartre"),
    ("in 2020-\n2021 he", "in 2020-2021 he"),
    ("朝阳区12\n号的Google\n公司", "朝阳区12号的Google公司"),
    ("ประ\nเทศไทย", "ประเทศไทย"),
    ("서울 삼성\n전자의 주가가 올랐다", "서울 삼성 전자의 주가가 올랐다"),
    ("他来了。\n王小明也来了", "他来了。\n王小明也来了"),
    ("他来了。\r\n王小明也来了", "他来了。\n王小明也来了"),
    ("一段\n\n另一段", "一段\n\n另一段"),
    ("一段\r\n \r\n\r\n另一段", "一段\n\n另一段"),
    ("一段\u2029另一段", "一段\n\n另一段"),
    ("他说的话很长\n　　王小明来了", "他说的话很长\n王小明来了"),  # an indented paragraph
    ("张三\n李四\n王五", "张三\n李四\n王五"),  # a list of names
    ("Ada Lovelace\nAlan Turing", "Ada Lovelace\nAlan Turing"),
    ("Berlin\nParis\nRome", "Berlin\nParis\nRome"),
    ("中国工商银行\n中国建设银行\n中国农业银行", "中国工商银行\n中国建设银行\n中国农业银行"),
    ("杭州市第一医院\n协和医院\n北京大学附属医院", "杭州市第一医院\n协和医院\n北京大学附属医院"),
    (
        "中国工商银行股\n份有限公司北京\n市分行",
        "中国工商银行股份有限公司北京市分行",
    ),  # a narrow column
    ("Bank of America\nWells Fargo", "Bank of America\nWells Fargo"),
    ("出席人员如下：\n张三丰真人\n李四", "出席人员如下：\n张三丰真人李四"),
    ("buy:\n- milk\n- bread", "buy:\n- milk\n- bread"),
    ("他的计划是\n1. 去北京\n2. 回上海", "他的计划是\n1. 去北京\n2. 回上海"),
    ("总则\n第二章 王小明的职责", "总则\n第二章 王小明的职责"),
    ("姓名：王小明\n职务：行长", "姓名：王小明\n职务：行长"),
    ("姓名\t职务\n王小明\t行长", "姓名 职务\n王小明 行长"),  # rows of a table
    ("| a | b |\n| c | d |", "| a | b |\n| c | d |"),
    ("# The Title\nand more text", "# The Title\nand more text"),
]
BLANKS = [
    ("New\xa0York", "New York"),
    ("New\u2009York", "New York"),
    ("New\u3000York", "New York"),
    ("New\tYork", "New York"),
    ("New  York", "New York"),
    ("中国工商银\xa0行", "中国工商银行"),
    ("王 小 明", "王小明"),
    ("王　明", "王明"),  # padded to the width of three
    ("张　三　　李四光　王五", "张三 李四光 王五"),
    ("石景山\t王小明", "石景山 王小明"),
    ("姓名\t性别\t民族\n王明\t男\t汉\n", "姓名 性别 民族\n王明 男 汉\n"),  # cells of one character
    ("男   汉", "男 汉"),
    ("男\xa0\xa0\xa0汉", "男 汉"),
    ("王　　明", "王明"),  # padded to the width of four
]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_says_something_stays(text: str) -> None:
    """The same text, without a map."""
    folded = fold(text)
    assert folded.text == text
    assert folded.steps == ()


@pytest.mark.parametrize(("text", "read"), [*INVISIBLE, *COMPOSED, *BREAKS, *BLANKS])
def test_fold(text: str, read: str) -> None:
    """What the model reads."""
    assert fold(text).text == read


# text, a surface of the folded text, the same in the text as received
PLACES = [
    ("前中国工商银\r\n行后", "中国工商银行", "中国工商银\r\n行"),
    ("\ufeff王小明\u200b来了", "王小明", "王小明"),  # what is hidden beside it is not a part of it
    ("Mu\u0308ller", "Müller", "Mu\u0308ller"),
    ("in Zu\u0308rich.", "Zürich", "Zu\u0308rich"),
    ("葛\U000e0100来", "葛", "葛\U000e0100"),  # what belongs to a character is
    ("一个exam-\nple来", "example", "exam-\nple"),
    ("葛\U000e0100\u200b来", "葛", "葛\U000e0100"),
    ("⽯⼩明来", "石小明", "⽯⼩明"),
    ("oﬃce", "fi", "ﬃ"),
    ("New\xa0\nYork's", "New York", "New\xa0\nYork"),
    ("a\nb", "a", "a"),
]


@pytest.mark.parametrize(("text", "surface", "original"), PLACES)
def test_places(text: str, surface: str, original: str) -> None:
    """There and back."""
    folded = fold(text)
    start = folded.text.index(surface)
    first, last = folded.back(start, start + len(surface))
    assert text[first:last] == original
    read = folded.text[slice(*folded.forth(first, last))]
    assert surface in read and fold(original).text.replace("\n", " ") in (read, surface)


@pytest.mark.parametrize("kind", KINDS)
def test_insertions(kind: str) -> None:
    """Whatever is hidden in an entity, the model reads the sentence in which nothing is. A blank
    that is seen between ideographs is not hidden, and stays."""
    changed, before, after, same = counts(kind)
    assert (before, after) == (0, same)
    assert after == 7 if kind == "blank" else after == changed > 0


# Everything that is folded, and what it stands between.
HIDDEN = "\u200b\u200c\u200d\xad\ufeff\u2060\u202e\ufe0f\x02\x1c\x1e\x1f"
ODD = st.sampled_from([*HIDDEN, *"\n\r\v\f\u2028\u2029 \xa0\u2009\u3000\t-\u0301⽯ﬁ李", "\r\n"])
mixed = st.lists(st.one_of(ODD, st.sampled_from([*"王小明aZé1。，：ไ한क❤"]), texts)).map("".join)


@given(mixed)
@example("\x1c\n\x1c")
@example("0\r\t0")
def test_of_white_space_blank_and_line_break_are_left(text: str) -> None:
    """But for what stands at an end of the text."""
    for character in fold(text).text.strip():
        assert character in " \n" or not character.isspace()


@given(mixed.map(lambda text: "".join(text.split())))
def test_folding_again_changes_nothing(text: str) -> None:
    """Layout aside, whose evidence is gone then: what the model reads needs no folding."""
    folded = fold(text).text
    assert fold(folded).text == folded


@given(mixed)
def test_every_place_has_its_own(text: str) -> None:
    """Spans keep their order, do not overlap, have all that was not taken out, and never are
    empty; cuts follow each other from end to end."""
    folded = fold(text)
    spans = [folded.back(place, place + 1) for place in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    cuts = [folded.cut(place) for place in range(len(folded.text) + 1)]
    assert cuts == sorted(cuts) and cuts[-1] == len(text) and cuts[0] in (0, len(text))
    for place, (start, end) in enumerate(spans):
        first, last = folded.forth(start, end)
        assert first <= place < last


@given(mixed)
def test_a_span_is_folded_as_its_parts(text: str) -> None:
    """Every character of the text is in a span, or was taken out."""
    folded = fold(text)
    for place, character in enumerate(text):
        first, last = folded.forth(place, place + 1)
        if character in "王小明aZ1":
            assert character in unicodedata.normalize("NFD", folded.text[first:last])


def test_composition_is_nfc() -> None:
    """Of every character; what is called usual is not even looked at."""
    usual = re.findall(f"[{USUAL}]", "".join(map(chr, range(sys.maxunicode + 1))))
    assert "王" in usual
    for character in usual:
        assert unicodedata.normalize("NFC", character) == character, hex(ord(character))
        assert not unicodedata.combining(character), hex(ord(character))
        assert fold(character).text == character


@given(st.text())
def test_nothing_is_left_to_compose(text: str) -> None:
    """Whatever the script."""
    folded = fold(text).text
    assert unicodedata.is_normalized("NFC", folded)


def test_what_is_under_more_marks_than_any_script_has_stays() -> None:
    """To sort them took 12 s for 64,000, in which nobody else was answered; others are composed."""
    high, low = "\u0301", "\u0323"
    assert fold(f"e{high}{low * 29}").text == f"\u1eb9{low * 28}{high}"
    ornament = f"e{high * 40_000}{low * 40_000}"
    began = time.process_time()
    assert fold(f"{ornament}e{high}").text == f"{ornament}é"
    assert time.process_time() - began < 5


@pytest.mark.parametrize("hidden", [*HIDDEN, "\n", " ", "\xa0", "\t", "\u0301", "-\n", "⽯"])
def test_time_is_linear(hidden: str) -> None:
    """A text made to be folded costs no more than its length."""

    def seconds(size: int) -> float:
        text = f"{hidden * 3}王{hidden}a{hidden}" * size
        began = time.process_time()
        fold(text)
        return time.process_time() - began

    small = max(min(seconds(250) for _ in range(3)), 1e-4)
    # Once, unless something else took its time.
    assert any(seconds(4_000) < 16 * 6 * small for _ in range(3))
