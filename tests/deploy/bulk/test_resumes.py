"""`nerve extract FILE` goes on where it was stopped, by SIGKILL or Ctrl-C."""

import csv
import os
import random
import signal
import subprocess
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Send

from deploy.bulk.files import Files, format_of
from tests.conftest import Gateway
from tests.deploy.bulk.cases import COMMAND, NAME, lines, nerve
from tests.support.fake_engine import finds
from tests.support.waiting import until


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
        with files.out.open(encoding="utf-8-sig", newline="") as file:
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
