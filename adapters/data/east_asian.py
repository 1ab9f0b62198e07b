"""Chinese, Korean and Japanese in two bytes a character: told by the characters that come out.

The encodings share their bytes: what is a hanzi in one is a syllable of Hangul in another, and both
are characters that exist. But read in the right one most are among the few hundred that a language
has in every sentence; read in a wrong one they are spread over all of its character set.
"""

from collections import Counter
from collections.abc import Container, Mapping
from functools import cache
from math import log

_LOOKED_AT = 2**16  # bytes
_LEAST = 0.75  # share of the characters that are of everyday use
_FOR_CHINESE = 1.0  # where several are about as likely
_MARKS = "　，。、；：？！“”‘’（）《》〈〉「」『』【】〔〕—…·～％＋－＝／．℃①②③④⑤⑥⑦⑧⑨ⅠⅡⅢⅣ"
_MARKS += "".join(
    map(chr, (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)))
)
_HANZI = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等"
    "部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内"
    "数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管"
    "特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海"
    "口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名"
    "确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青"
    "省列习响约支般史感劳便团往历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调"
    "满县局照参红细引听该铁价严李刘陈杨赵吴孙城州患医病术药银岁元亿视球队影星港岛网游戏演购店房款董股案警昨晚"
)
_TRADITIONAL = (
    "這為個國時來們於對會發動過說產種後學經進著電裡現實兩體機當點從業應開還與關線內數樣條沒結問無軍並題黨員總設長頭資邊級圖統較將組見計別區決"
    "幹戰則據處隊給門規熱領東導壓爭濟術極聯認權證轉單風帶場車務萬達議報類離華張馬節話況傳許廣記觀眾書復兒際驗連斷難備辦習響約勞團歷構稱準號劃"
    "選標寫親養層專狀廠識適屬圓調滿縣參紅細聽該鐵價嚴劉陳楊趙吳孫醫藥銀歲億視網遊戲購臺灣島衛廳縱灣權您她啦喔"
)
_HANGUL = (
    "이다는에의을하가고로지은도기를사한나리자대어서인아라시정해스일과들부전장수그제으여있게보원주상면니성구관안국동만것경조공소오우세유연비신당적마"
    "생회위화모무분방미말때거물터발던없개요음법실내계행선문중양설학치업민김용운교까년간식후각었했였습않같된될되며와려러단박최강명영진재호준현철결통"
    "출금입저더많트드르크레프노년월직품산본점종심약체석외반환감추초작울날씨차두눈집람못왔워려겠점님"
)
_KANA = "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F7), 0x30FC)))

# The commonest characters and those of everyday use, the share of a text that each have, and what
# it has of the commonest at least. Two letters of Western Europe, or one and what follows it, can
# be a character, too; of GB 2312 only two letters can, and such hardly ever follow each other.
_LANGUAGES = {
    "gb18030": (_HANZI, 0.65, ("gb2312", 0xB0, 0xD7), 0.25, 0.0),
    "big5": (_HANZI + _TRADITIONAL, 0.65, ("big5", 0xA4, 0xC6), 0.25, 0.15),
    "shift_jis": (_KANA, 0.65, ("euc_jp", 0xB0, 0xCF), 0.25, 0.15),
    "euc_jp": (_KANA, 0.65, ("euc_jp", 0xB0, 0xCF), 0.25, 0.15),
    "euc_kr": (_HANGUL, 0.75, ("euc_kr", 0xB0, 0xC8), 0.15, 0.4),
}
_OF_MARKS = 0.1
_ALSO = 1e-6  # the probability of any other character


def likeliest(sample: bytes) -> str | None:
    """The one of these encodings that ``sample``, whole lines of a file, is in; None for none."""
    texts = {name: _not_ascii(sample[:_LOOKED_AT], name) for name in _LANGUAGES}
    weights = {name: _weight(text, _everyday(name)) for name, text in texts.items()}
    weights["gb18030"] += _FOR_CHINESE
    best = max(weights, key=weights.__getitem__)
    common, *_, least = _LANGUAGES[best]
    is_everyday = _share(texts[best], _everyday(best)) >= _LEAST
    return best if is_everyday and _share(texts[best], set(common)) >= least else None


def _not_ascii(sample: bytes, encoding: str) -> Counter[str]:
    counts = Counter(sample.decode(encoding, "replace"))
    return Counter({one: count for one, count in counts.items() if one > "\x7f"})


def _weight(text: Counter[str], everyday: Mapping[str, float]) -> float:
    """The logarithm of how probable ``text`` is, character by character."""
    return sum(count * log(everyday.get(one, _ALSO)) for one, count in text.items())


def _share(text: Counter[str], of: Container[str]) -> float:
    return sum(count for one, count in text.items() if one in of) / max(1, text.total())


@cache
def _everyday(encoding: str) -> Mapping[str, float]:
    """character of everyday use → its probability"""
    common, of_common, level, of_level, _ = _LANGUAGES[encoding]
    found: dict[str, float] = {}
    for ones, share in ((_level(*level), of_level), (_MARKS, _OF_MARKS), (common, of_common)):
        found |= dict.fromkeys(ones, share / len(ones))
    return found


def _level(charset: str, first: int, last: int) -> str:
    """The characters of some lead bytes: character sets have those of everyday use in a row."""
    pairs = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(0x40, 0xFF))
    return "".join(pair.decode(charset, "ignore") for pair in pairs)
