"""Outputs of `nerve extract --out` and `nerve convert`: written again, mended, or in the way."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Send

from deploy.bulk.convert import convert
from deploy.bulk.errors import BulkFailed
from deploy.bulk.files import Files, format_of
from tests.conftest import Gateway
from tests.deploy.bulk.test_formats import ENDINGS, NAME, nerve, row
from tests.support.fake_engine import fails, finds, text_of


async def _fails_at_bad(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """A script: a row with 坏 is given up."""
    await (fails(400, {}) if "坏" in text_of(body) else finds(NAME))(body, receive, send)


@pytest.mark.parametrize("to", ENDINGS)
def test_each_format_by_the_name_of_out(gateway: Gateway, tmp_path: Path, to: str) -> None:
    """The rows stand in JSON lines beside it; the same command again asks nobody, and makes what is
    no longer there."""
    gateway.engine.script = finds(NAME)
    out = tmp_path / ENDINGS[to]
    command = ("extract", "-", "--out", str(out), "--url", gateway.url)
    stdin = f"{NAME}一\n{NAME}二\n"
    shown = nerve(*command, stdin=stdin)
    assert shown.exit_code == 0, shown.output
    rows = out.with_name(out.name + ".rows.jsonl")
    assert rows.read_bytes().count(b"\n") == 2
    asked = len(gateway.engine.asked)
    part = out / "00000002.ann" if out.is_dir() else out
    whole = part.read_bytes()
    shutil.rmtree(out) if out.is_dir() else out.unlink()
    out.with_name(out.name + ".tmp").write_text("half")  # what a kill in the middle leaves
    assert nerve(*command, stdin=stdin).exit_code == 0
    assert (part.read_bytes(), len(gateway.engine.asked)) == (whole, asked)

    other = tmp_path / f"other{out.suffix}"
    assert nerve("convert", str(rows), "--out", str(other)).exit_code == 0
    assert (other / "00000002.ann" if out.is_dir() else other).read_bytes() == whole


@pytest.mark.parametrize("to", ENDINGS)
def test_what_people_corrected_is_kept(gateway: Gateway, tmp_path: Path, to: str) -> None:
    """By the same command, which has nothing to do, and by one that has new rows for it."""
    gateway.engine.script = _fails_at_bad
    out = tmp_path / ENDINGS[to]
    command = ("extract", "-", "--out", str(out), "--url", gateway.url)
    stdin = f"{NAME}一\n{NAME}坏\n"
    assert nerve(*command, stdin=stdin).exit_code == 1
    part = out / "00000001.ann" if out.is_dir() else out
    corrected = part.read_bytes() + "T2\tname 0 1\t叶\n".encode()
    part.write_bytes(corrected)
    again = nerve(*command, stdin=stdin)
    assert (part.read_bytes(), again.exit_code) == (corrected, 1)
    assert f"{out} has these rows already, and was left as it is" in again.stderr

    gateway.engine.script = finds(NAME)
    retried = nerve(*command, "--retry-failed", stdin=stdin)
    assert (part.read_bytes(), retried.exit_code) == (corrected, 1)
    assert f"{out} was changed since it was written" in retried.stderr
    other = tmp_path / "other"
    said = retried.stderr.split("`")[1].replace("NEW", str(other)).split()
    assert nerve(*said[1:]).exit_code == 0
    assert (other / "00000002.ann" if out.is_dir() else other).stat().st_size


@pytest.mark.parametrize("to", ["csv", "brat"])
def test_an_output_that_was_cut_off_is_made_again(
    gateway: Gateway, tmp_path: Path, to: str
) -> None:
    """What a kill left in the middle of writing it is nobody's correction."""
    gateway.engine.script = finds(NAME)
    out = tmp_path / ENDINGS[to]
    command = ("extract", "-", "--out", str(out), "--url", gateway.url)
    assert nerve(*command, stdin=f"{NAME}一\n").exit_code == 0
    part = out / "00000001.ann" if out.is_dir() else out
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    state = out.with_name(out.name + ".state.json")
    noted = json.loads(state.read_text(encoding="utf-8"))
    noted["made"]["out"] = None  # as it is while OUT is written
    state.write_text(json.dumps(noted), encoding="utf-8")
    assert nerve(*command, stdin=f"{NAME}一\n").exit_code == 0
    assert part.read_bytes() == whole


def test_rows_that_are_mended_are_in_the_table_then(gateway: Gateway, tmp_path: Path) -> None:
    """`--retry-failed` writes OUT anew: each row once."""
    out = tmp_path / "out.csv"
    command = ("extract", "-", "--out", str(out), "--url", gateway.url)
    stdin = f"{NAME}一\n{NAME}坏\n"

    def rows_there() -> list[str]:
        with out.open(encoding="utf-8-sig", newline="") as file:
            return [one["row"] for one in csv.DictReader(file)]

    gateway.engine.script = _fails_at_bad
    assert nerve(*command, stdin=stdin).exit_code == 1
    assert rows_there() == ["1"]
    gateway.engine.script = finds(NAME)
    assert nerve(*command, "--retry-failed", stdin=stdin).exit_code == 0
    assert rows_there() == ["1", "2"]


def test_brat_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    """The configuration is its last file; a folder that has it is done, and left alone."""
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.brat"
    rows.write_text(json.dumps(row(1, "浙商银行", ("company", 0, 4))) + "\n", encoding="utf-8")
    out.mkdir()
    (out / "00000001.txt").write_text("half", encoding="utf-8")
    assert nerve("convert", str(rows), "--out", str(out)).exit_code == 0
    assert (out / "00000001.txt").read_text(encoding="utf-8") == "浙商银行"
    again = nerve("convert", str(rows), "--out", str(out))
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)


def test_rows_that_another_run_gave_up_are_in_the_way(gateway: Gateway, tmp_path: Path) -> None:
    """Else rows of the same number would count as given up, without being asked for."""
    gateway.engine.script = finds(NAME)
    failed = tmp_path / "out.jsonl.failed.jsonl"
    failed.write_text('{"row": 1}\n', encoding="utf-8")
    out = ("extract", "-", "--out", str(tmp_path / "out.jsonl"), "--url", gateway.url)
    assert f"{failed} is there, and is no output to go on with" in nerve(*out, stdin="一\n").stderr


def test_what_is_in_the_way_is_left_alone(gateway: Gateway, tmp_path: Path) -> None:
    """A folder or a file of someone else, and an output in another format."""
    gateway.engine.script = finds(NAME)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    to_folder = ("extract", "-", "--out", str(folder), "--format", "brat", "--url", gateway.url)
    assert "is no output to go on with" in nerve(*to_folder, stdin="一\n").stderr
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]

    out = ("extract", "-", "--out", str(tmp_path / "out"), "--url", gateway.url)
    assert nerve(*out, "--format", "csv", stdin="一\n").exit_code == 0
    other = nerve(*out, "--format", "conll", stdin="一\n")
    assert 'format was "csv" and is "conll"' in other.stderr

    rows = str(tmp_path / "out.rows.jsonl")
    taken = nerve("convert", rows, "--out", str(tmp_path / "out"), "--format", "csv")
    assert (taken.exit_code, "is there already" in taken.stderr) == (1, True)


def test_a_last_line_without_its_break_is_a_row(tmp_path: Path) -> None:
    """Editors and joins leave files so; what a kill leaves is passed over, and that is said."""
    rows = tmp_path / "rows.jsonl"
    last = json.dumps(row(2, "浙商银行", ("company", 0, 4)), ensure_ascii=False).encode()
    rows.write_bytes(json.dumps(row(1, "一")).encode() + b"\n" + last)
    whole = nerve("convert", str(rows), "--out", str(tmp_path / "whole.csv"))
    assert (whole.exit_code, whole.stderr) == (0, "")
    assert "浙商银行" in (tmp_path / "whole.csv").read_text(encoding="utf-8")
    both = ("review", str(rows), "--out")
    for at in (-1, last.index("行".encode()) + 1 - len(last)):
        rows.write_bytes(json.dumps(row(1, "一")).encode() + b"\n" + last[:at])
        torn = nerve("convert", str(rows), "--out", str(tmp_path / f"torn{at}.csv"))
        said = f"{rows}:2 breaks off in the middle, and was passed over\n"
        assert (torn.exit_code, torn.stderr) == (0, said)
        assert "浙" not in (tmp_path / f"torn{at}.csv").read_text(encoding="utf-8")
        chosen = nerve("adapter", *both, str(tmp_path / f"{at}.json"), "--against", str(rows))
        assert (chosen.exit_code, chosen.stderr) == (0, said * 2)
    with pytest.raises(BulkFailed, match="jsonl:2 is no line"):  # where nobody would hear of it
        convert(rows, tmp_path / "silent.csv", "csv")


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_a_last_line_without_its_break_is_kept(gateway: Gateway, tmp_path: Path, name: str) -> None:
    """As a person's editor left it, with what was corrected in it."""
    gateway.engine.script = finds(NAME)
    files = Files(tmp_path / name, format_of(Path(name)))
    command = ("extract", "-", "--out", str(files.out), "--url", gateway.url)
    assert nerve(*command, stdin=f"{NAME}一\n{NAME}二\n").exit_code == 0
    corrected = files.rows.read_bytes().replace(b'"name"', b'"person"')
    files.rows.write_bytes(corrected.removesuffix(b"\n"))
    gateway.engine.reset()
    assert nerve(*command, stdin=f"{NAME}一\n{NAME}二\n").exit_code == 0
    assert (files.rows.read_bytes(), gateway.engine.asked) == (corrected, [])
    if files.format == "csv":  # made of other rows than before, and not changed itself
        assert "person" in files.out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"text": "a"}\n', "rows.jsonl:1 is no line of `nerve extract --out`"),
        (
            '{"row": 1, "text": "a", "entities": [{"label": "x", "start": 0, "end": 2}]}\n',
            '"end": 2',
        ),
        ("[]\n", "rows.jsonl:1 is no line"),
    ],
)
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, content: str, says: str) -> None:
    """With its line; and no output is left."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text(content)
    shown = nerve("convert", str(rows), "--out", str(tmp_path / "out.csv"))
    assert shown.exit_code == 1
    assert says in shown.stderr
    assert [*tmp_path.iterdir()] == [rows]


def test_a_row_that_is_refused_leaves_no_half_of_an_output(tmp_path: Path) -> None:
    """Nothing that the next call, or a person, would have to take away."""
    rows = tmp_path / "rows.jsonl"
    overlap = row(2, "浙商银行", ("company", 0, 4), ("company", 2, 4))
    rows.write_text("".join(json.dumps(one) + "\n" for one in (row(1, "一"), overlap)))
    shown = nerve("convert", str(rows), "--out", str(tmp_path / "out.conll"))
    assert (shown.exit_code, "entities that overlap" in shown.stderr) == (1, True)
    assert [*tmp_path.iterdir()] == [rows]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("out.txt", "--out has 'out.txt'; expected a name that ends in .jsonl, "),
        ("out.jsonl", "has JSON lines already"),
    ],
)
def test_a_name_that_says_nothing(tmp_path: Path, name: str, says: str) -> None:
    """The message has the names that do."""
    (tmp_path / "rows.jsonl").write_text("")
    shown = nerve("convert", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / name))
    assert (shown.exit_code, says in shown.stderr) == (1, True)


def test_a_row_is_one_line_to_every_reader(gateway: Gateway, tmp_path: Path) -> None:
    """Python's ``splitlines`` ends one at U+0085, U+2028 and U+2029, which JSON may have."""
    gateway.engine.script = finds(NAME)
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    text = "叶\u2028老\x85桂"
    rows.write_text(json.dumps({"text": text}), encoding="utf-8")
    assert nerve("extract", str(rows), "--out", str(out), "--url", gateway.url).exit_code == 0
    (line,) = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["entities"][0]["text"] == text
