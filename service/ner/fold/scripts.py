"""Characters by how their script is written, as bodies of character classes."""

# Ideographs and kana: written without blanks between words.
IDEOGRAPHS = "々〇\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u9fff"
IDEOGRAPHS += "\U00020000-\U000323af"
# With the marks that stand between them and are as wide.
WIDE = f"{IDEOGRAPHS}\u3001-\u303f\u30fb\u3200-\u33ff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f"
# Thai, Lao, Tibetan, Myanmar, Khmer: no blanks between words either.
UNSPACED = "\u0e01-\u0fda\u1000-\u109f\u1780-\u17f9\ua9e0-\ua9fe\uaa60-\uaa7f"
# Arabic and its kin, the scripts of India, Myanmar, Khmer, Mongolian: whether two letters join
# there is told by joiners (U+200C, U+200D), and that can be another word.
JOINING = "\u0600-\u0dff\u1000-\u109f\u1780-\u18af\u1b00-\u1b7f\ua800-\ua8ff\ufb50-\ufdff"
JOINING += "\ufe70-\ufefe"

LINE_BREAKS = "\n\r\v\f\x85\u2028\u2029"
# No-break, thin and the like: set by a typographer, who separates no words by them …
THIN = "\xa0\u2004-\u200a\u202f\u205f"
# … and those that are as wide as a character or wider.
BLANKS = f" \t{THIN}\u1680\u2000-\u2003\u2800\u3000\u3164\uffa0"

# Digits, and letters of scripts whose words stand apart: Latin, full-width too, Greek, Cyrillic and
# Armenian, without signs such as × and ÷. Others join particles or articles to a name: Hangul,
# Georgian, Arabic, Hebrew.
WORD = "0-9０-９A-Za-zＡ-Ｚａ-ｚÀ-ÖØ-öø-ʯ\u1e00-\u1eff"
WORD += "\u0370-\u0373\u0376-\u0377\u037b-\u037d\u037f\u0386\u0388-\u03f5\u03f7-\u03ff"
WORD += "\u1f00-\u1fbc\u1fc2-\u1fcc\u1fd0-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ffc"
WORD += "\u0400-\u0481\u048a-\u052f\u0531-\u0556\u0560-\u0588"
# Marks that no letter has composed with.
MARKS = "\u0300-\u036f"
