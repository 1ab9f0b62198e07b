"""Encodings that share their bytes are told by the language that comes out."""

import io

import pytest

from adapters.data.encoding import encoding_of

CHINESE = (
    "患儿高热惊厥，腰椎穿刺排除脑膜炎。",
    "《你好，李焕英》票房突破50亿元",
    "《红楼梦》",
    "骨髓穿刺",
    "叶老桂在杭州",
    "腓骨骨折，予石膏固定。",
    "欧冠决赛，皇马击败利物浦夺冠",
    "房屋租赁合同纠纷一案，被告逾期未付租金。",
    "按配方训练",
    "夹器锁紧",
    "毫秒，抽取",
    "编号,正文\n1,外卖车的大灯不亮，换灯泡。",
)
TAIWANESE = (
    "金城武出生於臺灣，曾獲電影獎。",
    "立法院院會昨天三讀通過修正案",
    "她說：「我們明天在車站見面吧。」",
    "香港特別行政區政府宣布新的措施",
    "警方在現場逮捕兩名嫌犯",
)
KOREAN = (
    "서울에 사는 김철수 씨는 삼성전자에 다닙니다.",
    "안녕하세요",
    "김철수",
    "이름,부서",
    "부산광역시 해운대구",
    "환자는 56세 여성으로 기침이 심해 입원했다.",
    "한국은행이 기준금리를 0.25%포인트 인상했다.",
    "北 국무위원장, 美 대통령과 회담",
)
JAPANESE = (
    "東京都の田中さんはソニーで働いています。",
    "こんにちは",
    "トヨタ自動車",
    "患者は56歳の女性で、咳がひどく入院した。",
    "首相は昨日、官邸で記者会見を開いた。",
    "「明日駅で会いましょう」と彼女は言った。",
)
WESTERN = (
    "Jürgen Müller wohnt in Köln.",
    "Änderung",
    "Ärzte gegen Ärger",
    "L'élève a été reçu à l'université de Besançon.",
    "“Smart quotes” and an em—dash, it’s fine.",
    "ÉCOLE SUPÉRIEURE",
)
RUSSIAN = (
    "Владимир живёт в Москве.",
    "Газпром",
    "Сбербанк повысил ставки по вкладам.",
    "Он работает в Санкт-Петербургском университете с 1998 года.",
)
SENTENCES = {
    "gb18030": CHINESE,
    "big5": TAIWANESE,
    "euc_kr": KOREAN,
    "euc_jp": JAPANESE,
    "shift_jis": JAPANESE,
    "cp1252": WESTERN,
    "cp1251": RUSSIAN,
}
WIDE = ("utf-16", "utf-16-le", "utf-16-be")


def _is_told(text: str, encoding: str) -> bool:
    content = text.encode(encoding)
    return content.decode(encoding_of(io.BytesIO(content))) == text


@pytest.mark.parametrize("encoding", SENTENCES)
@pytest.mark.parametrize("end", ["", "\n"])
def test_one_sentence_tells(encoding: str, end: str) -> None:
    """With a line's end and without."""
    for sentence in SENTENCES[encoding]:
        assert _is_told(sentence + end, encoding), sentence


@pytest.mark.parametrize("encoding", SENTENCES)
@pytest.mark.parametrize("times", [1, 20, 3000])
def test_a_file_of_them_tells(encoding: str, times: int) -> None:
    """However long it is."""
    assert _is_told("\n".join(SENTENCES[encoding] * times) + "\n", encoding)


@pytest.mark.parametrize("encoding", WIDE)
def test_utf_16_is_told_as_before(encoding: str) -> None:
    """Whatever the language."""
    for sentences in SENTENCES.values():
        assert _is_told("\n".join(sentences) + "\n", encoding)


def test_a_row_that_is_broken_does_not_change_the_language() -> None:
    """As in UTF-8: that row is at fault."""
    content = "\n".join(CHINESE).encode("gb18030") + b"\n\xff\xff\n"
    assert encoding_of(io.BytesIO(content)) == "gb18030"
