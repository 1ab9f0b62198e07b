"""Faults of the gateway's own machine: a full disk, a clock that jumps, a setting that is wrong."""

import subprocess
import sys
import threading
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2

from tests.faults.stand import ADMIN_KEY, FAKETIME, Stand, environment, has_room_for
from tests.faults.trial import Told, answered, recovery
from tests.support.adapter_folders import put_adapter
from tests.support.tools import ROOT
from tests.support.waiting import until

# Not enough for registry.toml.
ROOM_BYTES = 16


def full_disk(stand: Stand) -> list[Told]:
    """An adapter cannot be stored, and a removal not be written; what is served stays."""
    put_adapter(stand.adapters, "third", weights="姓名：叶老桂".encode())
    assert _adapters(stand, "POST", "", {"name": "third"})[0] == 200
    pid = stand.gateway.process.pid
    has_room_for(pid, ROOM_BYTES)
    put_adapter(stand.adapters, "second", weights=b"x" * 4096)
    try:
        stored = _adapters(stand, "POST", "", {"name": "second"})
        removed = _adapters(stand, "DELETE", "/third")
        served = answered(stand)[0]
    finally:
        has_room_for(pid, None)
    started = time.monotonic()
    again = _adapters(stand, "DELETE", "/third")[0]
    mended = time.monotonic() - started
    rows = []
    for what, (status, message, seconds) in (("stored", stored), ("removed", removed)):
        wrong = None
        if status != 500 or f"cannot be {_SAID[what]}" not in message:
            wrong = f"told {status} {message}"
        elif served != "200" or again != 200:
            wrong = f"extraction {served} meanwhile, {again} afterwards"
        rows.append(Told(f"the disk is full: an adapter is {what}", f"{status} internal_error",
                         seconds, mended, wrong))  # fmt: skip
    return rows


_SAID = {"stored": "stored", "removed": "written"}


def _adapters(stand: Stand, method: str, path: str, body: object = None) -> tuple[int, str, float]:
    started = time.monotonic()
    response = httpx2.request(
        method,
        f"{stand.gateway.url}/adapters{path}",
        json=body,
        headers={"authorization": f"Bearer {ADMIN_KEY}"},
        timeout=60,
        trust_env=False,
    )
    message = response.json().get("error", {}).get("message", "")
    return response.status_code, message, time.monotonic() - started


def clock_jumps(stand: Stand) -> list[Told]:
    """A day on, and an hour back, with a request in flight: nobody notices."""
    if FAKETIME is None:
        raise LookupError("libfaketime is not installed: apt-get install libfaketime")
    rows = []
    for shift, words in (("+1d", "a day on"), ("-1h", "an hour back")):
        before = wall_clock(stand)
        found: list[tuple[str, float]] = []
        stand.link.mode = "slow"
        caller = threading.Thread(target=lambda f=found: f.append(answered(stand)))
        caller.start()
        stand.jump(shift)
        caller.join(60)
        stand.link.mode = "well"
        jumped = _has_jumped(stand, before)
        after = [answered(stand) for _ in range(3)]
        statuses = {status for status, _ in (*found, *after)}
        wrong = None
        if statuses != {"200"}:
            wrong = f"callers were told {sorted(statuses)}"
        elif not jumped:
            wrong = "the clock did not jump"
        longest = max(seconds for _, seconds in (*found, *after))
        rows.append(Told(f"the clock: {words}", "200", longest, recovery(stand), wrong))
    stand.jump("+0")
    return rows


def _has_jumped(stand: Stand, before: float) -> bool:
    """The server renews the date that it answers with once a second."""
    try:
        until(lambda: abs(wall_clock(stand) - before) > 1800, within_s=15)
    except AssertionError:
        return False
    return True


def wall_clock(stand: Stand) -> float:
    """What the gateway takes for now, in seconds: the HTTP date of an answer."""
    response = httpx2.get(f"{stand.gateway.url}/live", timeout=20, trust_env=False)
    return parsedate_to_datetime(response.headers["date"]).timestamp()


TYPOS: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    ({"NERVE_DEADLIN_S": "5"}, ("NERVE_DEADLIN_S", "NERVE_DEADLINE_S")),
    ({"NERVE_DEADLINE_S": "1 min"}, ("NERVE_DEADLINE_S", "'1 min'", "number")),
    ({"NERVE_PORT": "80800"}, ("NERVE_PORT", "80800", "65535")),
    ({"NERVE_ENGINE_URL": "127.0.0.1:8000"}, ("NERVE_ENGINE_URL", "'127.0.0.1:8000'", "http")),
    ({"NERVE_ADAPTERS": "adapter"}, ("NERVE_ADAPTERS", "'adapter'", "folder")),
    ({"NERVE_DEFAULT_MODEL": "clu"}, ("'clu'", "expected one of", "clue")),
)


def typos(adapters: Path) -> list[Told]:
    """It refuses to start, and the message names the setting, its value, what was expected."""
    return [_typo(adapters, given, words) for given, words in TYPOS]


def _typo(adapters: Path, given: dict[str, str], words: tuple[str, ...]) -> Told:
    env = {**environment(), "NERVE_ADAPTERS": str(adapters), **given}
    started = time.monotonic()
    command = [sys.executable, "-m", "deploy.commands.cli", "serve"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    seconds = time.monotonic() - started
    said = done.stdout + done.stderr
    (name, value), *_ = given.items()
    wrong = None
    if done.returncode == 0 or "Traceback" in said or not all(word in said for word in words):
        wrong = f"status {done.returncode}, said: {said}"
    return Told(f"the setting {name} = {value}", f"ends with status {done.returncode}, and says so",
                seconds, None, wrong)  # fmt: skip
