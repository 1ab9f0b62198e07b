"""One character for what looks like one.

NFC composes (``e`` and U+0301 are ``é``; Hangul of macOS' file names is put together) and has
compatibility ideographs as the unified ones that they are. Beyond that PDFs have radicals in place
of ideographs and ligatures in place of letters; a person cannot tell them apart. Full-width forms
and all else that NFKC would change is seen, and stays. So does a character under more marks than
any script puts on one: the time to sort them grows with the square of their number.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from service.ner.fold.edits import Edit

# What no step changes and no mark composes with: what most text is made of. A character class's
# body, without the blank.
USUAL = (
    "!-~\xa1-\xac\xae-\u02ff\u0388-\u0482\u048a-\u0590\u2010-\u2027\u2030-\u205e\u2070-\u20cf"
    "\u2100-\u2125\u2127-\u2129\u212c-\u2328\u232b-\u2adb\u2add-\u2cee\u2d30-\u2d7e\u2e00-\u2e7f"
    "\u3001-\u3029\u3030-\u3098\u309b-\u3163\u3165-\ua66e\uac00-\ud7a3\uff01-\uff9f\uffa1-\uffef"
    "\U0001f000-\U0001faff\U00020000-\U0002f7ff\U00030000-\U000323af"
)
_UNUSUAL = re.compile(f"[^ \t\r\n{USUAL}]+")
# As Unicode's stream-safe text has it (UAX 15): a character and 30 marks.
LONGEST_CLUSTER = 31
_MARKS_OF_HANGUL = re.compile("[\u1160-\u11ff]")

# CJK Radicals Supplement; Unicode's EquivalentUnifiedIdeograph.txt. Kangxi radicals need no table.
_SUPPLEMENT = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇𠘨⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑𡯂⺒巳⺓幺⺔彑⺕𫜹⺖忄⺗心⺘扌⺙攵"
    "⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺪𤴔⺫目⺬示⺭礻⺮𥫗⺯糹⺰纟⺱罓⺲罒⺳㓁"
    "⺴冗⺵𦉫⺶羊⺷𦍌⺸𦍋⺹耂⺺肀⺻聿⺼肉⺽𦥑⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇𧢲⻈讠⻉贝⻊𧾷⻋车⻌辶"
    "⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻕𨸏⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞𩙿⻟飠⻠饣⻡𩠐⻢马⻣骨⻤鬼"
    "⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
_LOOKS_LIKE: Mapping[str, str] = {
    **dict(zip(_SUPPLEMENT[::2], _SUPPLEMENT[1::2], strict=True)),
    **{
        character: unicodedata.normalize("NFKC", character)
        for character in map(chr, (*range(0x2F00, 0x2FD6), *range(0xFB00, 0xFB07)))
    },
}


def edits(text: str) -> Sequence[Edit]:
    """What is to be composed in ``text``."""
    return list(_edits(text))


def _edits(text: str) -> Iterator[Edit]:
    for match in _UNUSUAL.finditer(text):
        start = match.start()
        if start and _is_mark(text[start]):  # of the usual character before it
            start -= 1
        for first, last in _clusters(text, start, match.end()):
            if last - first > LONGEST_CLUSTER:
                continue
            cluster = text[first:last]
            composed = _LOOKS_LIKE.get(cluster) or unicodedata.normalize("NFC", cluster)
            if composed != cluster:
                yield first, last, composed


def _clusters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The characters from ``start`` to ``end``, each with the marks that follow it."""
    first = start
    for place in range(start + 1, end):
        if not _is_mark(text[place]):
            yield first, place
            first = place
    yield first, end


def _is_mark(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M" or _MARKS_OF_HANGUL.match(character) is not None
    )
