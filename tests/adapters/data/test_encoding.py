"""What a file's bytes tell of its encoding."""

import io
import json
from pathlib import Path

import pytest

from adapters.data.encoding import EncodingError, encoding_of
from adapters.data.readers import DataError, read
from tests.adapters.data.labelled import GOLD, SPANS, TEXT, written

MEETING = "昨天，王小明在北京参加了一次会议。他说，开会一定要这样。\n"
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
TEXTS = (
    MEETING * 20,
    MEETING.rstrip(),
    "王小明开会了，他在上海工作。",
    "id,text\n" + f"1,{MEETING}" * 20,
    json.dumps({"text": MEETING}, ensure_ascii=False) + "\n",
    "金城武出生於臺灣，曾獲電影獎。\n",
    "東京都の田中さんはソニーで働いています。\n",
    "서울에 사는 김철수 씨는 삼성전자에 다닙니다.\n",
    "Jürgen Müller wohnt in Köln.\n",
    "Владимир живёт в Москве.\n",
    "ไทย عربي עברית हिन्दी 😀\n",
    MEETING * 2000,  # more than is looked at
)


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("text", TEXTS)
def test_no_mark_is_needed(text: str, encoding: str) -> None:
    """一 (U+4E00) has the zero byte where Latin letters do not; most characters have none."""
    assert encoding_of(io.BytesIO(text.encode(encoding))) == encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("叶老桂在杭州\n" * 19 + "叶\0老桂\n", "gb18030"),
        ("以来，该银行的股", "gb18030"),  # all hanzi in UTF-16, too
        ("叶\0桂\n", "utf-8"),
        ("叶老桂\0\n", "utf-8"),
        ("Smith\0Jones\n", "utf-8"),
        ("any\0\n", "utf-8"),
        ("\0 O\n\x88 O\n\n", "utf-8"),  # each pair of bytes is a letter of UTF-16
        ("\x1b O\n\0 O\n\n", "utf-8"),
        ("Bush hid the facts", "utf-8"),
    ],
)
def test_a_stray_zero_does_not_make_it_wide(text: str, encoding: str) -> None:
    """Nor does an even number of letters."""
    assert encoding_of(io.BytesIO(text.encode(encoding))) == encoding


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00ab\x00\x00" * 9, b"\x00" * 64])
def test_bytes_that_are_no_text(content: bytes) -> None:
    """In none of them."""
    with pytest.raises(EncodingError, match="the file is not text"):
        encoding_of(io.BytesIO(content))


def test_advice_holds_in_every_command(tmp_path: Path) -> None:
    """Sources of a recipe have no --encoding, and --kind has no parquet there."""
    (tmp_path / "binary").write_bytes(b"PK\x03\x04\x00\x00ab\x00\x00" * 9)
    with pytest.raises(DataError, match=r"binary: the file is not text; expected labelled rows$"):
        read(tmp_path / "binary", "auto", ())
    (tmp_path / "broken").write_bytes(b"ab\x81\xff\x98\xfe\xff" * 9)
    with pytest.raises(DataError, match="expected UTF-8, or, where a command takes it, --encoding"):
        read(tmp_path / "broken", "auto", ())


@pytest.mark.parametrize("encoding", WIDE)
def test_labelled_rows_without_a_mark(encoding: str, tmp_path: Path) -> None:
    """A row with hardly a character of ASCII, too: brat's text."""
    row = json.dumps([TEXT, {"entities": SPANS}], ensure_ascii=False)
    assert read(written(tmp_path, row, encoding=encoding), "auto", ()).examples == [GOLD]
    written(tmp_path, TEXT, "a.txt", encoding)
    lines = (f"T{n}\t{label} {start} {end}\n" for n, (start, end, label) in enumerate(SPANS, 1))
    written(tmp_path, "".join(lines), "a.ann", encoding)
    assert read(tmp_path / "a.txt", "auto", ()).examples == [GOLD]
