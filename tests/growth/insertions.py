"""``python -m tests.growth.insertions``: entities in which something is hidden, one at a time.

For each kind: of how many entities the surface still stands in the text as received (before), of
how many it stands in what the model reads (after), and for how many sentences with something
hidden in an entity the model reads the very sentence in which nothing is hidden.
"""

import unicodedata
from collections.abc import Callable, Mapping

from service.ner.fold import fold

# A sentence and the entities in it.
SENTENCES = (
    ("中国工商银行北京分行行长王小明昨天在杭州会见了石立人。",
     ("中国工商银行北京分行", "王小明", "杭州", "石立人")),
    ("浙江大学的金长水教授写了《山高水长》一书。", ("浙江大学", "金长水", "《山高水长》")),
    ("记者高山从上海虹桥机场赶到了国家图书馆。", ("高山", "上海虹桥机场", "国家图书馆")),
    ("马方舟担任教育部的副部长已有两年。", ("马方舟", "教育部", "副部长")),
    ("他们在西湖区文二路的小店里打《魔兽世界》。", ("西湖区文二路", "《魔兽世界》")),
    ("René Müller moved from São Paulo to New York in the spring.",
     ("René Müller", "São Paulo", "New York")),
    ("The novel was written by Ada Lovelace for the Royal Society.",
     ("Ada Lovelace", "Royal Society")),
    ("Last week Acme Steel opened a mill near Zürich West.", ("Acme Steel", "Zürich West")),
    ("山田太郎は東京大学で働いている。", ("山田太郎", "東京大学")),
    ("中国队在巴黎夺得了金牌，教练是王大山。", ("中国队", "巴黎", "王大山")),
)  # fmt: skip

_RADICALS = {
    unicodedata.normalize("NFKC", radical): radical for radical in map(chr, range(0x2F00, 0x2FD6))
}


def _in_it(hidden: str) -> Callable[[str], str]:
    """In the middle of a surface, or instead of its blank."""

    def hide(surface: str) -> str:
        if " " in surface and hidden.isspace():
            return surface.replace(" ", hidden + " " * (hidden == " "), 1)
        middle = len(surface) // 2
        return surface[:middle] + hidden + surface[middle:]

    return hide


def _as_radicals(surface: str) -> str:
    return "".join(_RADICALS.get(character, character) for character in surface)


def _decomposed(surface: str) -> str:
    return unicodedata.normalize("NFD", surface)


KINDS: Mapping[str, Callable[[str], str]] = {
    "LF": _in_it("\n"),
    "CRLF": _in_it("\r\n"),
    "blank": _in_it(" "),
    "NBSP": _in_it("\xa0"),
    "thin blank U+2009": _in_it("\u2009"),
    "zero-width U+200B": _in_it("\u200b"),
    "soft hyphen": _in_it("\xad"),
    "joiner U+200D": _in_it("\u200d"),
    "byte order mark": _in_it("\ufeff"),
    "variation selector U+FE00": _in_it("\ufe00"),
    "NFD": _decomposed,
    "Kangxi radicals": _as_radicals,
}


def counts(kind: str) -> tuple[int, int, int, int]:
    """Entities that the kind changes; whole before; whole after; sentences as if it were not."""
    changed = before = after = same = 0
    for sentence, surfaces in SENTENCES:
        for surface in surfaces:
            hidden = KINDS[kind](surface)
            if hidden == surface:
                continue
            text = sentence.replace(surface, hidden)
            read = fold(text).text
            changed += 1
            before += surface in text
            after += surface in read
            same += read == sentence
    return changed, before, after, same


def main() -> None:
    """Print the table."""
    print("| hidden in an entity | entities | whole before | whole after | sentence as without |")
    print("|---|---|---|---|---|")
    for kind in KINDS:
        print(f"| {kind} | {' | '.join(map(str, counts(kind)))} |")


if __name__ == "__main__":
    main()
