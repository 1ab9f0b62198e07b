"""`nerve extract FILE` and its gateways: one that is down, full, or refuses every row."""

import asyncio
import io
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text
from starlette.types import Receive, Scope, Send

from deploy.bulk import run as run_module
from deploy.bulk.errors import BulkFailed
from deploy.bulk.extract import Job, extract
from deploy.bulk.files import Files
from deploy.bulk.gate import Gate
from deploy.bulk.gateways import Gateways, Place
from deploy.bulk.inputs.source import Source
from deploy.bulk.run import Service
from tests.conftest import Gateway, running
from tests.deploy.bulk.cases import NAME, failures, lines, nerve
from tests.support.fake_engine import answer, finds
from tests.support.serving import free_port, serving


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--model", "nope"), "status 404: model has 'nope'"),
        (("--label", "nope"), "status 422: labels has 'nope'"),
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
    assert "the same command goes on" not in shown.stderr
    assert (lines(out), failures(out)) == ([], [])
    gateway.engine.script = finds(NAME)
    mended = nerve("-", "--out", str(out), "--url", gateway.url, stdin="一\n二\n")
    assert mended.exit_code == 0, "the name of the output belongs to no other run"


@pytest.fixture
def hole() -> Iterator[str]:
    """The address of a host that is off, as far as a caller sees: connecting takes for ever."""
    with ExitStack() as opened:
        listening = opened.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):  # none is accepted, so that no further one gets in
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_gateway_that_is_switched_off_holds_nobody_up(
    gateway: Gateway, tmp_path: Path, hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request at a time finds out whether it is back; the others go where answers come."""
    monkeypatch.setattr(run_module, "CONNECT_S", 0.5)
    gateway.engine.script = finds(NAME)
    out = tmp_path / "out.jsonl"
    began = time.monotonic()
    urls = ("--url", hole, "--url", gateway.url)
    shown = nerve("-", "--out", str(out), *urls, stdin=f"{NAME}\n" * 300)
    assert shown.exit_code == 0, shown.output
    assert len(lines(out)) == 300
    assert time.monotonic() - began < 30


def test_patience_begins_when_the_last_gateway_goes_down() -> None:
    """Not with the last answer: requests may take longer than that. Once it is said."""
    said: list[str] = []

    async def chosen() -> Place:
        gateways = Gateways(["http://a", "http://b"], 0.3, said.append)
        await asyncio.sleep(0.4)  # a long answer
        first = await gateways.choose()
        gateways.down(first, "refused")
        second = await gateways.choose()
        assert second is not first
        gateways.down(second, "refused")
        return await gateways.choose()  # it has rested

    with pytest.raises(BulkFailed, match=r"no gateway has answered for 0\.3 s"):
        asyncio.run(chosen())
    assert said == ["no gateway answers (http://b: refused); waiting up to 0.3 s"]


def test_a_gateway_that_has_rested_is_asked_by_one() -> None:
    """Until it answers."""

    async def chosen() -> None:
        gateways = Gateways(["http://a"], 60)
        place = await gateways.choose()
        gateways.down(place, "refused")
        place.resting_until = 0.0
        with gateways.asked(await gateways.choose()):
            others = [asyncio.create_task(gateways.choose()) for _ in range(2)]
            done, _ = await asyncio.wait(others, timeout=0.1)
            assert not done
            gateways.up(place)
            assert await asyncio.gather(*others) == [place, place]

    asyncio.run(chosen())


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
    job = Job(Source("txt"), Files(tmp_path / "out.jsonl"))
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
