"""`nerve extract FILE --out OUT`: every row once, whatever happens in between."""

import asyncio
import csv
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from deploy.bulk import asking
from deploy.bulk.extract import Job, extract
from deploy.bulk.files import Files, format_of
from deploy.bulk.gate import Gate
from deploy.bulk.marks import Marks
from deploy.bulk.rows import Kind, rows
from deploy.bulk.run import Service
from deploy.cli import app
from tests.conftest import Gateway, running
from tests.fake_engine import answer, completes, fails, finds, text_of
from tests.serving import free_port, serving
from tests.waiting import until

NAME = "叶老桂"
COMMAND = [sys.executable, "-m", "deploy.cli", "extract"]


def nerve(*arguments: str, stdin: str | bytes = "") -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ("extract", *arguments), input=stdin, env={"COLUMNS": "200"})


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of an output."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def failures(out: Path) -> list[dict[str, Any]]:
    """The rows that were given up."""
    return lines(out.with_name(out.name + ".failed.jsonl"))


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


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--model", "nope"), "status 404: model has 'nope'"),
        (("--label", "nope"), "status 422: labels has 'nope'"),
        (("--url", "ftp://x"), "url has 'ftp://x'; expected http://HOST:PORT"),
    ],
)
def test_what_is_wrong_for_all_rows_ends_the_run(
    gateway: Gateway, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    """A message, not a file full of the same failure."""
    out = tmp_path / "out.jsonl"
    shown = nerve("-", "--out", str(out), "--url", gateway.url, *options, stdin="一\n二\n")
    assert shown.exit_code == 1
    assert says in shown.stderr
    assert (lines(out), failures(out)) == ([], [])


def test_a_gateway_that_is_down_is_left_for_the_others(
    gateway: Gateway, adapters: Path, tmp_path: Path
) -> None:
    """Rows go to all that live; those of the dead one are not lost."""
    out = tmp_path / "out.jsonl"
    stdin = "".join(f"{NAME}{i}\n" for i in range(60))
    dead = f"http://127.0.0.1:{free_port()}"
    with running(adapters) as second:
        urls = [item for url in (dead, gateway.url, second.url) for item in ("--url", url)]
        shown = nerve("-", "--out", str(out), *urls, stdin=stdin)
        assert shown.exit_code == 0, shown.output
        asked = (len(gateway.engine.asked), len(second.engine.asked))
    assert sum(asked) == 60
    assert min(asked) > 10
    assert [row["row"] for row in lines(out)] == list(range(1, 61))


def test_all_gateways_down_ends_the_run_and_fails_no_row(tmp_path: Path) -> None:
    """The same command goes on later."""
    out = tmp_path / "out.jsonl"
    url = f"http://127.0.0.1:{free_port()}"
    shown = nerve("-", "--out", str(out), "--url", url, "--patience", "0.2", stdin="一\n")
    assert shown.exit_code == 1
    assert "no gateway has answered for 0.2 s" in shown.stderr
    assert (lines(out), failures(out)) == ([], [])


def test_a_full_gateway_is_asked_again_by_fewer(tmp_path: Path) -> None:
    """429 with Retry-After is no failure: each row is done, with less at a time afterwards."""
    busy, most, refused = 0, 0, 0

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal busy, most, refused
        if scope["type"] != "http":
            return
        await receive()
        if busy >= 4:
            refused += 1
            head = [(b"content-type", b"application/json"), (b"retry-after", b"0.1")]
            await send({"type": "http.response.start", "status": 429, "headers": head})
            await send({"type": "http.response.body", "body": b"{}"})
            return
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.005)  # the engine's work, so that requests overlap
        busy -= 1
        await answer(send, {"entities": [], "dropped": [], "truncated": False, "model": "m"})

    out = tmp_path / "out.jsonl"
    stdin = "".join(f"{i}\n" for i in range(80))
    with serving(gateway) as url:
        shown = nerve("-", "--out", str(out), "--url", url, "--concurrency", "32", stdin=stdin)
    assert shown.exit_code == 0, shown.output
    assert [row["text"] for row in lines(out)] == [str(i) for i in range(80)]
    assert most == 4
    assert 0 < refused < 80


def test_a_terminal_shows_rate_and_time_left(gateway: Gateway, tmp_path: Path) -> None:
    """A second start begins where the first was stopped."""
    gateway.engine.script = finds(NAME)
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100)
    job = Job("txt", "text", Files(tmp_path / "out.jsonl"))
    file = io.BytesIO("".join(f"{NAME}{i}\n" for i in range(40)).encode())
    assert extract(job, file, Service([gateway.url]), console) == 0
    frames = Text.from_ansi(shown.getvalue().replace("\r", "\n")).plain
    assert re.search(r" 0/40 – rows/s -:--:--", frames)
    assert re.search(r"40/40 \d+\.\d rows/s 0:00:00", frames)

    job.files.out.write_bytes(b"".join(job.files.out.read_bytes().splitlines(True)[:30]))
    shown.truncate(0)
    assert extract(job, file, Service([gateway.url]), console) == 0
    assert "30/40" in shown.getvalue()
    assert "this run: 10 rows" in shown.getvalue()


def test_the_gate_halves_and_grows_slowly() -> None:
    """Once a pause, and by one place for each round of answers."""
    now = 0.0
    gate = Gate(16, clock=lambda: now)
    for _ in range(5):
        gate.full(1.0)
    assert gate.limit == 8
    for _ in range(8):
        gate.answered()
    assert gate.limit == 8
    gate.answered()
    assert gate.limit == 9
    for _ in range(500):
        gate.answered()
    assert gate.limit == 16


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv"])
def test_killed_twice_and_resumed(gateway: Gateway, tmp_path: Path, name: str) -> None:
    """SIGKILL in the middle of 2,000 rows, two times: each row is there once, with its text."""
    gateway.engine.script = finds(NAME)
    source, files = tmp_path / "in.txt", Files(tmp_path / name, format_of(Path(name)))
    chance = random.Random(8)
    texts = [f"{'甲' * chance.randrange(9)}{NAME}{i}" for i in range(2000)]
    source.write_text("\n".join(texts) + "\n", encoding="utf-8")
    command = [*COMMAND, str(source), "--out", str(files.out), "--url", gateway.url]

    def written() -> int:
        return files.rows.read_bytes().count(b"\n") if files.rows.exists() else 0

    def reached(count: int) -> bool:
        return written() >= count

    for rows_done in (400, 1200):
        process = _started(command)
        _until_or_ended(process, partial(reached, rows_done))
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        print(f"{name}: killed after {written()} of 2000 rows")
        assert rows_done <= written() < 2000
    assert _started(command).wait(120) == 0
    found = lines(files.rows)
    print(f"{name}: resumed, {len(found)} rows, {len({row['row'] for row in found})} different")
    assert [row["row"] for row in found] == list(range(1, 2001))
    assert [row["text"] for row in found] == texts
    for row in found:
        (entity,) = row["entities"]
        assert row["text"][entity["start"] : entity["end"]] == NAME
    assert lines(files.failed) == []
    if files.format == "csv":
        with files.out.open(encoding="utf-8", newline="") as file:
            entities = list(csv.DictReader(file))
        print(f"{name}: {len(entities)} entities of {len({one['row'] for one in entities})} rows")
        assert [int(one["row"]) for one in entities] == list(range(1, 2001))
        assert [int(one["start"]) for one in entities] == [text.index(NAME) for text in texts]


def test_ctrl_c_is_130_and_the_same_command_goes_on(gateway: Gateway, tmp_path: Path) -> None:
    """What is written is whole; what is left is said, without a traceback."""
    gateway.engine.script = _first_then_hangs(gateway, 5)
    out = tmp_path / "out.jsonl"
    source = tmp_path / "in.txt"
    source.write_text("".join(f"{NAME}{i}\n" for i in range(50)), encoding="utf-8")
    arguments = [str(source), "--out", str(out), "--url", gateway.url]
    process = _started([*COMMAND, *arguments, "--concurrency", "1"], stderr=subprocess.PIPE)
    until(lambda: out.exists() and out.read_bytes().count(b"\n") == 5)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=10)[1].decode()
    assert process.returncode == 130
    assert said.endswith("the same command goes on with the 45 that are left\n")
    assert "Traceback" not in said
    assert len(lines(out)) == 5
    second = _started([*COMMAND, *arguments, "--concurrency", "1"])
    until(lambda: len(gateway.engine.asked) > 6)
    in_use = nerve(*arguments)
    assert "is in use" in in_use.stderr
    second.kill()
    second.wait(10)
    gateway.engine.script = finds(NAME)
    assert nerve(*arguments).exit_code == 0
    assert [row["row"] for row in lines(out)] == list(range(1, 51))


@pytest.mark.parametrize(
    ("kind", "content", "error"),
    [
        ("txt", b"\xff\xfe\n", "the row is not UTF-8"),
        ("jsonl", b'{"text": "\\ud800"}\n', "the row is not UTF-8"),
        ("jsonl", b'["a"]\n', "the line is not a JSON object"),
        ("jsonl", b'{"text": 3}\n', "text has '3'; expected a string"),
        ("jsonl", b"{}\n", "text is missing; expected a string"),
        ("csv", b"id,text\n1\n", "text is missing; the record is too short"),
    ],
)
def test_a_bad_row_is_its_own_error(kind: Kind, content: bytes, error: str) -> None:
    """And not that of the file."""
    (row,) = rows(io.BytesIO(content), kind, "text")
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


def _first_then_hangs(
    gateway: Gateway, count: int
) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """A script: so many answers, then none."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        if len(gateway.engine.asked) > count:
            await gateway.engine.hangs(body, receive, send)
        else:
            await finds(NAME)(body, receive, send)

    return script


def _started(command: list[str], stderr: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env={**os.environ}, stderr=stderr)


def _until_or_ended(process: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
    """Wait for the condition; a process that ends before is a failure at once."""
    until(lambda: condition() or process.poll() is not None, 120)
