import json
from pathlib import Path

import pytest

from adapters.data.examples import Example
from adapters.data.readers import DataError, Kind, read
from service.ner.types import Entity
from tests.adapters.conftest import LABELS
from tests.adapters.data.labelled import GOLD, TEXT

CLUENER = {"text": TEXT, "label": {"name": {"叶老桂": [[5, 7]]}, "company": {"浙商银行": [[0, 3]]}}}
SPANS = {
    "text": TEXT,
    "entities": [
        {"label": "name", "start": 5, "end": 8, "text": "叶老桂"},
        {"label": "公司", "start": 0, "end": 4},
    ],
}
SFT = {
    "text": TEXT,
    "entities": [
        {"start_idx": 0, "end_idx": 4, "entity_text": "浙商银行", "entity_label": "company"},
        {"start_idx": 5, "end_idx": 7, "entity_text": "叶老桂", "entity_label": "name"},
    ],
}
ALPACA_LINES = {"instruction": "…", "input": TEXT, "output": "公司：浙商银行\n姓名：叶老桂"}
ALPACA_JSON = {
    "instruction": "…",
    "input": TEXT,
    "output": '[{"label": "company", "text": "浙商银行"}, {"label": "name", "text": "叶老桂"}]',
}
BIO = (
    "浙 B-company\n商 I-company\n银 I-company\n行 I-company\n的 O\n叶 B-name\n老 I-name\n桂 I-name"
)
BMES = "浙 B-公司\n商 M-公司\n银 M-公司\n行 E-公司\n的 O\n叶 B-name\n老 M-name\n桂 E-name"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("cluener", json.dumps(CLUENER)),
        ("spans", json.dumps(SPANS)),
        ("chinese_ner_sft", json.dumps(SFT)),
        ("alpaca", json.dumps(ALPACA_LINES)),
        ("alpaca", json.dumps(ALPACA_JSON)),
        ("columns", BIO),
        ("columns", BMES),
        ("columns", BIO.replace(" ", "\t")),
    ],
)
def test_every_kind_of_file_gives_the_same_example(
    kind: Kind, content: str, tmp_path: Path
) -> None:
    found = read(_file(tmp_path, f"{content}\n\n{content}\n"), kind, LABELS)
    assert found.examples == [GOLD, GOLD]
    assert found.skipped == []


@pytest.mark.parametrize(
    ("kind", "row", "complaint"),
    [
        ("cluener", "{", "Expecting property name"),
        ("cluener", '{"label": {}}', "text is missing; there are label"),
        ("cluener", '{"text": "浙商", "label": []}', "label has []; expected an object"),
        ("cluener", json.dumps({**CLUENER, "text": "叶" + TEXT}), "[5, 8) is '的叶老'"),
        (
            "spans",
            json.dumps({**SPANS, "text": "叶老桂"}),
            "span [5, 8); expected one inside [0, 3)",
        ),
        (
            "spans",
            '{"text": "浙商", "entities": [{"label": "dog", "start": 0, "end": 1}]}',
            "label 'dog'; expected one of company, name, scene",
        ),
        ("alpaca", json.dumps({**ALPACA_LINES, "input": "叶老桂"}), "'浙商银行' in the output is"),
        (
            "alpaca",
            json.dumps({**ALPACA_LINES, "output": "姓名：王五"}),
            "'王五' in the output is not_in_text",
        ),
        (
            "alpaca",
            json.dumps({**ALPACA_JSON, "output": '[{"label": "狗", "text": "叶老桂"}]'}),
            "label '狗'; expected one of company, name, scene",
        ),
        (
            "alpaca",
            json.dumps({**ALPACA_LINES, "output": "叶老桂：狗"}),
            "label '狗'; expected one of company, name, scene",
        ),
        (
            "alpaca",
            json.dumps({**ALPACA_LINES, "output": "没谁"}),
            "'没谁' in the output is malformed",
        ),
        ("columns", "浙 Q", "tag 'Q'; expected O, or B-"),
        ("columns", "a b c d e", "5 columns; expected 2 to 4: the word first, its tag last"),
        ("columns", "EU", "1 columns; expected 2 to 4"),
        ("spans", '{"text": "浙商", "entities": 3}', "entities has 3; expected a list"),
        ("spans", '{"text": "浙商", "entities": ["浙"]}', 'entities[0] has "浙"; expected an obj'),
        (
            "spans",
            '{"text": "浙", "entities": [{"label": 1, "start": 0, "end": 1}]}',
            "label has 1",
        ),
        (
            "spans",
            '{"text": "浙", "entities": [{"label": "", "start": 0, "end": 1}]}',
            'label has ""; expected a name',
        ),
        (
            "spans",
            '{"text": "浙", "entities": [{"label": "name", "start": true, "end": 1}]}',
            "start has true; expected a whole number",
        ),
        ("spans", '{"text": "a\\ud83d", "entities": []}', "text has half of a surrogate pair at 1"),
        ("spans", '{"text": "a\\u0000", "entities": []}', "text has a NUL at 1; expected none"),
        ("columns", "a\0b O", "the word has a NUL at 1; expected none"),
        ("columns", "a B-X\0", "the tag has a NUL at 3; expected none"),
        ("spans", '{"text": "a", "entities": [], "n": NaN}', "not JSON: NaN is no value of JSON"),
        ("cluener", '{"text": "浙商", "label": {"name": {"浙": [[0]]}}}', "expected a list of 2"),
        ("cluener", "3", "the row has 3; expected an object"),
        ("alpaca", '{"input": "浙商"}', "output is missing; there are input"),
        (
            "doccano",
            '{"text": "浙商", "label": [[0, 1]]}',
            "label has [0, 1]; expected a list of 3",
        ),
        ("label_studio", '{"data": {"text": "a"}}', "annotations is missing; there are data"),
        (
            "label_studio",
            '{"data": {"text": "a"}, "annotations": []}',
            "has no annotation; expected one",
        ),
        ("spacy", '["a", {"entities": [3]}]', "entities has 3; expected a list of 3"),
        ("spacy", '{"id": 0, "paragraphs": []}', "spaCy 2's format with paragraphs"),
    ],
)
def test_a_bad_row_is_named_with_its_line(
    kind: Kind, row: str, complaint: str, tmp_path: Path
) -> None:
    path = _file(tmp_path, f"\n{row}\n")
    with pytest.raises(DataError) as raised:
        read(path, kind, LABELS)
    assert str(raised.value).startswith(f"{path}:2: ")
    assert complaint in str(raised.value)


def test_bad_rows_can_be_skipped_and_are_counted(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{json.dumps(CLUENER)}\n{{}}\n{json.dumps(CLUENER)}\n")
    found = read(path, "cluener", LABELS, skip_bad=True)
    assert found.examples == [GOLD, GOLD]
    assert found.skipped == [f"{path}:2: text is missing; there are no fields"]


def test_without_labels_any_label_is_taken(tmp_path: Path) -> None:
    row = {"text": "狗", "entities": [{"label": "动物", "start": 0, "end": 1}]}
    path = _file(tmp_path, json.dumps(row))
    assert read(path, "spans", ()).examples == [Example("狗", (Entity("动物", 0, 1),))]
    with pytest.raises(DataError, match="rows of kind alpaca; expected their labels"):
        read(path, "alpaca", ())


def test_a_text_is_a_string_and_a_file_in_an_encoding(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r":1: text has 5; expected a string"):
        read(_file(tmp_path, '{"text": 5, "label": {}}'), "cluener", LABELS)
    path = tmp_path / "gbk"
    path.write_bytes(f"{BIO}\n".encode("gbk"))
    assert read(path, "columns", LABELS).examples == [GOLD]
    path.write_bytes(b"a O\n\xff O\n")
    with pytest.raises(
        DataError, match=r"gbk:2: bytes that are not GB 18030; expected a file in UTF-8"
    ):
        read(path, "columns", LABELS, encoding="gb18030")
    with pytest.raises(DataError, match="--encoding has 'klingon'; expected a name such as"):
        read(path, "columns", LABELS, encoding="klingon")


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="kind 'xml'; expected one of auto, cluener"):
        read(_file(tmp_path, ""), "xml", LABELS)  # type: ignore[arg-type]


def test_a_column_file_keeps_spaces(tmp_path: Path) -> None:
    found = read(_file(tmp_path, "A O\n O\nB S-name\n"), "columns", LABELS)
    assert found.examples == [Example("A B", (Entity("name", 2, 3),))]


def _file(folder: Path, content: str) -> Path:
    path = folder / "rows"
    path.write_text(content, encoding="utf-8")
    return path
