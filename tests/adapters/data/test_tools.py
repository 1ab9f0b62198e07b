"""Files of other annotation tools: the same example out of each, by its kind and by itself."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.data.examples import Example
from adapters.data.readers import DataError, Kind, read
from deploy.bulk.convert import convert
from service.ner.types import Entity

TEXT = "浙商银行的叶老桂"
GOLD = Example(TEXT, (Entity("company", 0, 4), Entity("name", 5, 8)))
SPANS: list[Any] = [[0, 4, "company"], [5, 8, "name"]]


def region(start: int, end: int, label: str, text: str = TEXT) -> dict[str, Any]:
    """As Label Studio has it."""
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    return {"from_name": "l", "to_name": "text", "type": "labels", "value": value}


def task(*results: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A task with an annotation for each result."""
    made = [{"result": result, "was_cancelled": False, **more} for result in results]
    return {"id": 1, "data": {"text": TEXT}, "annotations": made}


REGIONS = [region(0, 4, "company"), region(5, 8, "name")]
ROWS: dict[str, tuple[Kind, Any]] = {
    "doccano": ("doccano", {"id": 1, "text": TEXT, "label": SPANS, "Comments": []}),
    "doccano, older": ("doccano", {"id": 1, "text": TEXT, "labels": SPANS}),
    "doccano, data": ("doccano", {"id": 1, "data": TEXT, "label": SPANS}),
    "doccano, relations": (
        "doccano",
        {
            "text": TEXT,
            "relations": [],
            "entities": [
                {"id": i, "label": label, "start_offset": start, "end_offset": end}
                for i, (start, end, label) in enumerate(SPANS)
            ],
        },
    ),
    "Label Studio": ("label_studio", task(REGIONS)),
    "Label Studio, one cancelled": (
        "label_studio",
        {
            **task(REGIONS),
            "annotations": [{"result": [], "was_cancelled": True}, {"result": REGIONS}],
        },
    ),
    "Label Studio, agreeing": ("label_studio", task(REGIONS, REGIONS[::-1])),
    "Label Studio, older": (
        "label_studio",
        {"data": {"news": TEXT}, "completions": [{"result": REGIONS}]},
    ),
    "Label Studio, short": (
        "label_studio",
        {"id": 1, "text": TEXT, "label": [one["value"] for one in REGIONS], "annotator": 1},
    ),
    "spaCy, pairs": ("spacy", [TEXT, {"entities": SPANS}]),
    "spaCy, document": (
        "spacy",
        {"text": TEXT, "ents": [{"start": s, "end": e, "label": n} for s, e, n in SPANS]},
    ),
    "Prodigy": (
        "spacy",
        {"text": TEXT, "spans": [{"start": s, "end": e, "label": n} for s, e, n in SPANS]},
    ),
    "cluener": (
        "cluener",
        {"text": TEXT, "label": {"name": {"叶老桂": [[5, 7]]}, "company": {"浙商银行": [[0, 3]]}}},
    ),
    "spans": (
        "spans",
        {"text": TEXT, "entities": [{"label": n, "start": s, "end": e} for s, e, n in SPANS]},
    ),
}


def written(folder: Path, content: str, name: str = "rows.json", encoding: str = "utf-8") -> Path:
    """A file."""
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


def as_lines(rows: list[Any]) -> str:
    """An object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def as_array(rows: list[Any]) -> str:
    """One array, with line breaks anywhere."""
    return json.dumps(rows, ensure_ascii=False, indent=2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("layout", [as_lines, as_array])
@pytest.mark.parametrize("name", ROWS)
def test_the_same_example_out_of_each(
    name: str, layout: Callable[[list[Any]], str], encoding: str, tmp_path: Path
) -> None:
    """By its kind and by itself, a row a line or an array, in any encoding."""
    kind, row = ROWS[name]
    path = written(tmp_path, layout([row, row]), encoding=encoding)
    assert read(path, kind, ()).examples == [GOLD, GOLD]
    found = read(path, "auto", ())
    assert (found.examples, found.kind) == ([GOLD, GOLD], kind)


def test_an_array_as_llama_factory_has_it(tmp_path: Path) -> None:
    """Detected; its labels have to be known."""
    from tests.adapters.conftest import LABELS

    row = {"instruction": "找", "input": TEXT, "output": "公司：浙商银行\n姓名：叶老桂"}
    path = written(tmp_path, as_array([row]))
    assert read(path, "auto", LABELS).examples == [GOLD]
    with pytest.raises(DataError, match="rows of kind alpaca; expected their labels"):
        read(path, "auto", ())


def test_a_bad_item_of_an_array_has_its_line(tmp_path: Path) -> None:
    """That in which it begins."""
    path = written(
        tmp_path, '[\n {"text": "a", "entities": []},\n\n {"text": 3, "entities": []}\n]'
    )
    with pytest.raises(DataError, match=r"rows\.json:4: text has 3; expected a string"):
        read(path, "spans", ())
    path = written(tmp_path, '[{"text": "a", "entities": []},\n {"text": }]')
    with pytest.raises(DataError, match=r"rows\.json:2: not JSON: Expecting value"):
        read(path, "auto", ())
    path = written(tmp_path, '[{"text": "a", "entities": []}')
    with pytest.raises(DataError, match="the array is not closed"):
        read(path, "auto", ())


def test_of_several_annotations(tmp_path: Path) -> None:
    """The ground truth, else the last."""
    differ = task(REGIONS, REGIONS[:1])
    assert len(read(written(tmp_path, as_array([differ])), "auto", ()).examples[0].entities) == 1
    differ["annotations"][0]["ground_truth"] = True
    assert read(written(tmp_path, as_array([differ])), "auto", ()).examples == [GOLD]


def test_a_browser_counts_utf16(tmp_path: Path) -> None:
    """Where the surface says so; a surface that fits neither is an error."""
    text = f"😀{TEXT}"
    value = {"start": 2, "end": 6, "text": "浙商银行", "labels": ["company"]}
    row = {
        "data": {"text": text},
        "annotations": [{"result": [{"type": "labels", "value": value}]}],
    }
    found = read(written(tmp_path, as_array([row])), "auto", ()).examples
    assert found == [Example(text, (Entity("company", 1, 5),))]
    value["text"] = "浙商"
    with pytest.raises(DataError, match="expected '浙商'"):
        read(written(tmp_path, as_array([row])), "auto", ())


class TestColumns:
    """CoNLL in its dialects."""

    @pytest.mark.parametrize(
        ("rows", "text", "entities", "told"),
        [
            (
                "Ada B-PER\nLovelace I-PER\nlives O\nin O\nParis B-LOC\n",
                "Ada Lovelace lives in Paris",
                [("PER", 0, 12), ("LOC", 22, 27)],
                "columns (words, joined by a blank)",
            ),
            (
                "-DOCSTART- -X- -X- O\n\nAda NNP B-NP I-PER\nByron NNP I-NP B-PER\nin IN B-PP O\n",
                "Ada Byron in",
                [("PER", 0, 3), ("PER", 4, 9)],
                "columns (words, joined by a blank; tags as IOB1 has them)",
            ),
            (
                "New\tNNP\tB-LOC\nYork\tNNP\tL-LOC\nor\tCC\tO\nParis\tNNP\tU-LOC\n",
                "New York or Paris",
                [("LOC", 0, 8), ("LOC", 12, 17)],
                "columns (words, joined by a blank)",
            ),
            ("I O\nam O\nA S-X\n", "I am A", [("X", 5, 6)], "columns (words, joined by a blank)"),
            (
                "用 O\nAPP B-产品\n2 I-产品\n的 O\n人 O\n",
                "用APP2的人",
                [("产品", 1, 5)],
                "columns (characters, joined by nothing)",
            ),
            (
                "東京都 B-LOC\nの O\n田中 B-PER\nさん O\nが O\nNTT B-ORG\nへ O\n",
                "東京都の田中さんがNTTへ",
                [("LOC", 0, 3), ("PER", 4, 6), ("ORG", 9, 12)],
                "columns (characters, joined by nothing)",
            ),
            (
                "A O\n O\nB S-name\n",
                "A B",
                [("name", 2, 3)],
                "columns (characters, joined by nothing)",
            ),
        ],
    )
    def test_dialects(
        self, rows: str, text: str, entities: list[tuple[str, int, int]], told: str, tmp_path: Path
    ) -> None:
        """2 to 4 columns, IOB1, BILOU, words and characters: never `AdaLovelacelivesinParis`."""
        found = read(written(tmp_path, rows, "rows"), "auto", ())
        assert found.examples == [Example(text, tuple(Entity(*one) for one in entities))]
        assert found.kind == told

    def test_the_line_of_a_wrong_tag(self, tmp_path: Path) -> None:
        """Not the text's first."""
        path = written(tmp_path, "a B-X\n\nb O\nc I-X\n", "rows")
        with pytest.raises(DataError, match=r"rows:4: tag 'I-X' goes on with an entity that was"):
            read(path, "auto", ())

    def test_a_bracket_is_no_json(self, tmp_path: Path) -> None:
        """A column file may begin with one."""
        found = read(written(tmp_path, "[ O\nAda B-PER\n{ O\n", "rows"), "auto", ())
        assert found.examples[0].text == "[ Ada {"


class TestBrat:
    """A text and its annotations beside it."""

    def folder(self, tmp_path: Path, annotations: str, text: str = "浙商\n银行") -> Path:
        """A folder with one text."""
        (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
        (tmp_path / "a.ann").write_text(annotations, encoding="utf-8", newline="")
        return tmp_path

    def test_a_folder_or_one_of_its_texts(self, tmp_path: Path) -> None:
        """Relations and notes are passed over; a line break in a surface stands as a blank."""
        folder = self.folder(tmp_path, "T1\tcompany 0 5\t浙商 银行\n#1\tNote T1\t?\nR1\tx A:T1\n")
        gold = [Example("浙商\n银行", (Entity("company", 0, 5),))]
        for path in (folder, folder / "a.txt", folder / "a.ann"):
            assert read(path, "auto", ()).examples == gold
        assert read(folder, "brat", ()).examples == gold

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ("T1\tcompany 0 1;2 3\t浙", "T1 has the ranges 0 1;2 3; expected one"),
            ("T1\tcompany 0 2\t银行", r"\[0, 2\) is '浙商'; expected '银行'"),
            ("T1\tcompany 0 9\t浙", r"span \[0, 9\); expected one inside \[0, 5\)"),
            ("T1 company 0 9", "expected T1, a tab, LABEL START END"),
        ],
    )
    def test_what_cannot_be(self, line: str, says: str, tmp_path: Path) -> None:
        """With the line of the .ann file."""
        folder = self.folder(tmp_path, f"#1\tNote\n{line}\n")
        with pytest.raises(DataError, match=rf"a\.ann:2: .*{says}"):
            read(folder, "auto", ())

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        """By its name."""
        with pytest.raises(DataError, match=r"no \.ann file there"):
            read(tmp_path, "brat", ())
        (tmp_path / "a.ann").write_text("")
        with pytest.raises(DataError, match=r"a\.txt: not there"):
            read(tmp_path, "brat", ())


class TestDocBin:
    """spaCy's own files."""

    def test_without_spacy_it_says_how_to_get_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Or the data in another form."""
        monkeypatch.setitem(sys.modules, "spacy", None)
        with pytest.raises(DataError, match="read with spaCy, which is not installed; expected"):
            read(written(tmp_path, "", "a.spacy"), "auto", ())

    @pytest.mark.slow  # importing spaCy takes a second
    def test_with_spacy(self, tmp_path: Path) -> None:
        """Documents with their entities; bytes that are none are said to be none."""
        spacy = pytest.importorskip("spacy")
        from spacy.tokens import DocBin

        document = spacy.blank("zh")(TEXT)
        document.ents = [document.char_span(start, end, label) for start, end, label in SPANS]
        path = tmp_path / "a.spacy"
        DocBin(docs=[document]).to_disk(path)
        assert read(path, "auto", ()).examples == [GOLD]
        with pytest.raises(DataError, match="no DocBin of spaCy's"):
            read(written(tmp_path, "no", "b.spacy"), "auto", ())


def test_gold_that_can_never_come_out_is_named(tmp_path: Path) -> None:
    """Overlaps, blank spans, blanks at an edge; it is read all the same."""
    row = {
        "text": "浙商银行  的",
        "entities": [
            {"label": "company", "start": 0, "end": 4},
            {"label": "name", "start": 0, "end": 2},
            {"label": "x", "start": 4, "end": 6},
            {"label": "x", "start": 5, "end": 7},
        ],
    }
    found = read(written(tmp_path, as_lines([row])), "auto", ())
    assert len(found.examples[0].entities) == 4
    path = tmp_path / "rows.json"
    assert found.unreachable == [
        f"{path}:1: company '浙商银行' overlaps name '浙商'",
        f"{path}:1: x [4, 6) is blank",
        f"{path}:1: x ' 的' has a blank at its edge",
        f"{path}:1: x ' 的' overlaps x '  '",
    ]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a.csv", "a table without a place for spans; expected labelled rows: cluener, spans"),
        ("a.xlsx", "a table; expected"),
        ("a.parquet", "a table; expected"),
        ("a.pdf", "a document; expected"),
        ("a.zip", "an archive; expected"),
    ],
)
def test_what_is_no_labelled_data_is_refused_by_name(name: str, says: str, tmp_path: Path) -> None:
    """Before it is looked at."""
    with pytest.raises(DataError, match=rf"{name}: {says}"):
        read(written(tmp_path, "", name), "auto", ())


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_nothing_ends_in_a_traceback(content: str) -> None:
    """Whatever a file has in it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for kind in ("auto", "spans", "doccano", "label_studio", "spacy", "columns"):
            try:
                read(written(Path(folder), content), kind, ())
            except DataError as exc:
                assert "Traceback" not in str(exc)


def test_what_is_converted_is_imported_and_read_back(tmp_path: Path) -> None:
    """doccano at once; Label Studio's tasks once a person has accepted the predictions."""
    entities: list[dict[str, Any]] = [
        {"label": label, "text": TEXT[start:end], "start": start, "end": end, "score": 0.5}
        for start, end, label in SPANS
    ]
    row = {"row": 1, "id": "a", "text": TEXT, "entities": entities, "model": "m"}
    rows = written(tmp_path, as_lines([row, {**row, "row": 2, "entities": []}]), "rows.jsonl")
    convert(rows, tmp_path / "d.jsonl", "doccano")
    assert read(tmp_path / "d.jsonl", "auto", ()).examples == [GOLD, Example(TEXT, ())]
    convert(rows, tmp_path / "ls.json", "label_studio")
    tasks = json.loads((tmp_path / "ls.json").read_text(encoding="utf-8"))
    assert [one["data"]["row"] for one in tasks] == [1, 2]
    assert tasks[0]["predictions"][0]["model_version"] == "m"
    assert tasks[0]["predictions"][0]["result"][0]["score"] == 0.5
    accepted = [{**one, "annotations": one.pop("predictions")} for one in tasks]
    path = written(tmp_path, as_array(accepted))
    assert read(path, "auto", ()).examples == [GOLD, Example(TEXT, ())]
    convert(written(tmp_path, "", "none.jsonl"), tmp_path / "none.json", "label_studio")
    assert json.loads((tmp_path / "none.json").read_text(encoding="utf-8")) == []
