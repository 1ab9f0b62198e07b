"""Texts that break naive code, for property tests."""

from hypothesis import strategies as st

# CJK, emoji with joiners, flag, combining mark, right-to-left, CRLF, astral, quotes, escapes.
PIECES = (
    "浙商银行", "叶老桂", "，", "：", "无", "[]", "👩‍👩‍👧", "🇨🇳", "é", "עברית", "العربية",
    "\r\n", "\n", "\r", "\t", " ", "　", "𠮷", '"', "'", "\\", "\\n", "{", "}", "<|im_end|>",
    "```", "\u2028", "\x85", "\x7f", "IT", "WITH", "3D", "a",
)  # fmt: skip

texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
)


@st.composite
def texts_with_parts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text, and some non-empty parts of it."""
    text = draw(texts.filter(bool))
    edges = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(edges, edges), max_size=6))
    parts = [text[min(pair) : max(pair)] for pair in pairs]
    return text, [part for part in parts if part]
