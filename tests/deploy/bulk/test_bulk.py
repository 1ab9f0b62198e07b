"""`nerve extract FILE --out OUT`: every row once, whatever happens in between."""

import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Send

from deploy.bulk import asking
from deploy.bulk.inputs.kinds import Kind
from deploy.bulk.inputs.rows import rows
from deploy.bulk.inputs.source import Source
from deploy.bulk.marks import Marks
from tests.conftest import Gateway
from tests.deploy.bulk.cases import NAME, failures, lines, nerve
from tests.support.fake_engine import completes, fails, finds, text_of


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once."""
    monkeypatch.setattr(asking, "FIRST_DELAY_S", 0.001)


@pytest.mark.parametrize(
    ("name", "content", "options", "heads"),
    [
        ("in.txt", f"{NAME}一\r\n\n{NAME}二", [], [{"row": 1}, {"row": 3}]),
        (
            "in.csv",
            f'id,body\na,"{NAME}\n一"\nb,{NAME}二\n',
            ["--column", "body"],
            [{"row": 1, "id": "a"}, {"row": 2, "id": "b"}],
        ),
        (
            "in.jsonl",
            f'{{"id": 7, "t": "{NAME}一"}}\n{{"t": "{NAME}二"}}\n',
            ["--field", "t"],
            [{"row": 1, "id": 7}, {"row": 2}],
        ),
    ],
)
def test_every_kind_of_input(
    gateway: Gateway,
    tmp_path: Path,
    name: str,
    content: str,
    options: list[str],
    heads: list[dict[str, Any]],
) -> None:
    """Row number, id, text, entities, dropped, model; and a summary by label."""
    gateway.engine.script = completes(f"姓名：{NAME}")
    (tmp_path / name).write_text(content, encoding="utf-8", newline="")
    out = tmp_path / "out.jsonl"
    shown = nerve(str(tmp_path / name), "--out", str(out), "--url", gateway.url, *options)
    assert shown.exit_code == 0, shown.stderr
    found = lines(out)
    assert [{key: row[key] for key in ("row", "id") if key in row} for row in found] == heads
    for row in found:
        entity = row["entities"][0]
        assert row["text"][entity["start"] : entity["end"]] == entity["text"] == NAME
        assert (row["dropped"], row["truncated"], row["model"]) == ([], False, "clue")
    assert "2 of 2 rows done, 0 failed" in shown.stderr
    assert [line.split()[1:-1:2] for line in shown.stderr.splitlines() if "name" in line] == [
        ["name", "2"]
    ]


def test_standard_input_resumes_and_another_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    """The same bytes are the same input; a torn last line is done again."""
    gateway.engine.script = finds(NAME)
    out = tmp_path / "out.jsonl"
    command = ("-", "--out", str(out), "--url", gateway.url)
    stdin = f"{NAME}一\n{NAME}二\n{NAME}三\n"
    assert nerve(*command, stdin=stdin).exit_code == 0
    whole = out.read_bytes()
    out.write_bytes(whole[:-20])
    gateway.engine.reset()
    gateway.engine.script = finds(NAME)
    assert nerve(*command, stdin=stdin).exit_code == 0
    assert out.read_bytes() == whole
    assert len(gateway.engine.asked) == 1
    other = nerve(*command, stdin="另一个\n")
    assert other.exit_code == 1
    assert f"{out} belongs to another run: input was" in other.stderr
    labelled = nerve(*command, "--label", "name", stdin=stdin)
    assert 'labels was null and is ["name"]' in labelled.stderr
    assert out.read_bytes() == whole


def test_a_foreign_output_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    """What we did not write is never appended to."""
    out = tmp_path / "notes.jsonl"
    out.write_text("mine\n")
    shown = nerve("-", "--out", str(out), "--url", gateway.url, stdin="一\n")
    assert (shown.exit_code, out.read_text()) == (1, "mine\n")
    assert "is no output to go on with" in shown.stderr


@pytest.mark.usefixtures("quick")
def test_failures_are_kept_apart_and_tried_again_only_when_asked(
    gateway: Gateway, tmp_path: Path
) -> None:
    """A row at fault and a row that the engine fails at; the others go on."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        bad = "坏" in text_of(body)
        await (fails(500, {}) if bad else finds(NAME))(body, receive, send)

    gateway.engine.script = script
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    texts = [f"{NAME}一", "坏", "a\0b", f"{NAME}二"]
    content = "\n".join(json.dumps({"text": text}) for text in texts) + "\nnot JSON\n"
    source.write_text(content, encoding="utf-8")
    command = (str(source), "--out", str(out), "--url", gateway.url)
    shown = nerve(*command)
    assert shown.exit_code == 1, shown.output
    assert [row["row"] for row in lines(out)] == [1, 4]
    errors = {row["row"]: row["error"] for row in failures(out)}
    assert list(errors) == [2, 3, 5]
    assert "4 attempts" in errors[2]
    assert "status 422: text has" in errors[3]
    assert "not JSON" in errors[5]

    gateway.engine.reset()
    gateway.engine.script = finds(NAME)
    assert nerve(*command).exit_code == 1
    assert gateway.engine.asked == []
    again = nerve(*command, "--retry-failed")
    assert again.exit_code == 1
    assert [row["row"] for row in lines(out)] == [1, 4, 2]
    assert [row["row"] for row in failures(out)] == [3, 5]
    assert "3 of 5 rows done, 2 failed" in again.stderr


@pytest.mark.usefixtures("quick")
def test_a_failure_has_the_reason_of_its_last_try(gateway: Gateway, tmp_path: Path) -> None:
    """One line a row, also of a run that was killed before it took the older ones out."""
    out = tmp_path / "out.jsonl"
    command = ("-", "--out", str(out), "--url", gateway.url, "--retry-failed")
    gateway.engine.script = fails(500, {})
    assert nerve(*command, stdin=NAME).exit_code == 1
    (first,) = failures(out)
    assert "status 500" in first["error"]
    gateway.engine.script = fails(400, {"error": {"message": "maximum context length"}})
    assert nerve(*command, stdin=NAME).exit_code == 1
    (second,) = failures(out)
    assert "does not fit the engine's window" in second["error"]
    failed = out.with_name(out.name + ".failed.jsonl")
    failed.write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n", encoding="utf-8")
    assert nerve(*command[:-1], stdin=NAME).exit_code == 1
    assert failures(out) == [second]


@pytest.mark.parametrize(
    ("kind", "content", "error"),
    [
        ("txt", b"\xff\xfe\n", "the row is not UTF-8"),
        (
            "jsonl",
            b'{"text": "a\\ud83d"}\n',
            'text has "\\ud83d" at 1, half of a surrogate pair (an emoji is two); expected whole '
            "characters",
        ),
        ("jsonl", b'{"text": "\xff"}\n', "the row is not UTF-8"),
        ("jsonl", b'{"text": NaN}\n', "text has NaN; expected a string"),
        ("jsonl", b'{"id": NaN, "text": "a"}\n', "id has NaN or Infinity; expected a JSON value"),
        (
            "jsonl",
            b'{"text": ["\xe6\xb5\x99", true]}\n',
            'text has ["浙", true]; expected a string',
        ),
        ("jsonl", b'{"text": }\n', "the line is not JSON: Expecting value, line 1 column 10"),
        ("json", b"[3]", "the item is not a JSON object"),
        (
            "csv",
            b"id,text\n1,a,b\n",
            "the record has 3 cells; expected 2: a cell that has ',' in it stands in quotes",
        ),
        (
            "jsonl",
            b'{"text": "a", "text": "b"}\n',
            "text is there twice in one object; expected once",
        ),
        (
            "json",
            b'[{"text": "a", "data": [{"b": 1, "b": 2}]}]',
            "b is there twice in one object; expected once",
        ),
        ("jsonl", b'["a"]\n', "the line is not a JSON object"),
        ("jsonl", b'{"text": 3}\n', "text has 3; expected a string"),
        ("jsonl", b"{}\n", "text is missing; expected a string"),
        ("csv", b"id,text\n1\n", "text is missing; the record is too short"),
    ],
)
def test_a_bad_row_is_its_own_error(kind: Kind, content: bytes, error: str) -> None:
    """And not that of the file."""
    (row,) = rows(io.BytesIO(content), Source(kind))
    assert (row.text, row.error) == (None, error)


def test_a_column_that_is_not_there(gateway: Gateway, tmp_path: Path) -> None:
    """The message has those that are."""
    out = str(tmp_path / "out.jsonl")
    shown = nerve("-", "--kind", "csv", "--out", out, "--url", gateway.url, stdin="a,b\n1,2\n")
    assert shown.exit_code == 1
    assert "no column 'text'; expected one of a, b" in shown.stderr
    assert list(tmp_path.iterdir()) == []


def test_marks_are_a_set_of_numbers() -> None:
    """As Python's own."""
    chance = random.Random(1)
    marks, numbers = Marks(), set[int]()
    for _ in range(2000):
        number = chance.randrange(300)
        (marks.add if (more := chance.random() < 0.6) else marks.discard)(number)
        (numbers.add if more else numbers.discard)(number)
    assert {number for number in range(400) if number in marks} == numbers
    assert len(marks) == len(numbers)
