"""Callers of every kind, at a steady rate, and what each was told."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.support.openai_script import BODY, CHAT, DONE, STREAM

SENTENCE = "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。"
ROWS = 8
CALLERS = 48
# About as often as each comes.
KINDS = ("extract",) * 5 + ("chat",) * 2 + ("stream",) * 2 + ("batch", "long")
PATHS = {
    "extract": "/extract",
    "long": "/extract",
    "chat": CHAT,
    "stream": CHAT,
    "batch": "/extract/batch",
}


@dataclass
class Tally:
    """``sent`` by route; ``statuses`` by route and status, "broken" for a connection without an
    answer; ``told`` by kind, with what the answers said inside."""

    sent: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def answered(self) -> int:
        """Requests with an answer or a broken connection: all of them, at the end."""
        return self.statuses.total()


class Load:
    """``rate`` requests a second at most."""

    def __init__(self, url: str, rate: float, seed: int) -> None:
        self.tally = Tally()
        self._url, self._rate = url, rate
        self._chance = random.Random(seed)

    async def run(self, seconds: float) -> None:
        """Return when the last one is answered. Callers who wait for their answer send no other:
        on a machine that has no time for the load it is less, and never a flood afterwards."""
        loop = asyncio.get_running_loop()
        limits = httpx2.Limits(max_connections=None, keepalive_expiry=4)
        callers = asyncio.Semaphore(CALLERS)
        async with (
            httpx2.AsyncClient(
                base_url=self._url, timeout=300, limits=limits, trust_env=False
            ) as client,
            asyncio.TaskGroup() as requests,
        ):
            ends = loop.time() + seconds
            while loop.time() < ends:
                await asyncio.sleep(1 / self._rate)
                await callers.acquire()
                asked = requests.create_task(self._one(client, self._chance.choice(KINDS)))
                asked.add_done_callback(lambda _: callers.release())

    async def _one(self, client: httpx2.AsyncClient, kind: str) -> None:
        path = PATHS[kind]
        self.tally.sent[path] += 1
        try:
            response = await client.post(path, **_request(kind))
        except httpx2.HTTPError as exc:
            self.tally.statuses[path, "broken"] += 1
            self.tally.told[kind, type(exc).__name__] += 1
            return
        self.tally.statuses[path, str(response.status_code)] += 1
        for words in _told(kind, response):
            self.tally.told[kind, words] += 1


def _request(kind: str) -> dict[str, Any]:
    match kind:
        case "extract":
            return {"json": {"text": SENTENCE}}
        case "long":
            return {"json": {"text": SENTENCE * 60}}
        case "batch":
            return {"content": (json.dumps({"text": SENTENCE}) + "\n").encode() * ROWS}
        case "chat":
            return {"json": BODY}
        case _:
            return {"json": STREAM}


def _told(kind: str, response: httpx2.Response) -> list[str]:
    """ "well", or what went wrong, once for each answer: a batch has as many as rows."""
    if response.status_code != 200:
        return [f"{response.status_code} {response.json()['error']['type']}"]
    if kind == "stream":
        return ["well" if response.content.endswith(DONE) else "ended with an error"]
    if kind == "batch":
        lines = [json.loads(line) for line in response.content.splitlines()]
        rows = [line["error"]["type"] if "error" in line else _found(line) for line in lines]
        return rows if len(rows) == ROWS else [f"{len(rows)} rows of {ROWS}"]
    return ["well"] if kind == "chat" else [_found(response.json())]


def _found(answer: dict[str, Any]) -> str:
    if answer.get("partial"):
        return "a part is missing, and said so"
    if answer["truncated"]:
        return "truncated, and said so"
    return "well" if answer["entities"] else "nothing found"
