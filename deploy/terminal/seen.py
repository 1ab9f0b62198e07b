"""A text as a terminal may have it: nothing in it moves the cursor, colours, or hides what stands
beside it. One sign for one character, so that all that follows stays in its place."""

# But for the tab and the line break: those of Unicode for the others, and for DEL; the second set,
# of which U+009B begins a sequence as ESC [ does, has none.
_SIGNS = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}


def seen(text: str) -> str:
    """``text``, with a sign that can be seen for each control character."""
    return text.translate(_SIGNS)
