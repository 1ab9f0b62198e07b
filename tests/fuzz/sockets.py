"""Sends hostile bytes over raw connections, and judges what comes back."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from tests.fuzz.hostile import Hostile, hostile

AT_A_TIME = 8
# Below NERVE_RECEIVE_S of the target, beyond the time of any answer: what is not answered by then
# waits for the rest of a request.
WAIT_S = 2.0
SLOWEST_S = 30.0
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass
class Sent:
    """Inputs by kind, answers by status, and every fault: what was sent, what came."""

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


def send_all(port: int, seed: int, count: int) -> Sent:
    """``count`` inputs made from ``seed``, to a gateway on loopback."""
    sent = Sent()
    asyncio.run(_send_all(port, hostile(seed, count), sent))
    return sent


async def _send_all(port: int, inputs: Iterator[Hostile], sent: Sent) -> None:
    async def work() -> None:
        for one in inputs:
            await _send(port, one, sent)

    await asyncio.gather(*(work() for _ in range(AT_A_TIME)))


async def _send(port: int, one: Hostile, sent: Sent) -> None:
    started = time.monotonic()
    answer = await _answer_to(port, one)
    sent.slowest_s = max(sent.slowest_s, time.monotonic() - started)
    sent.kinds[one.kind] += 1
    statuses = [int(status) for status in _STATUS.findall(answer) if status != b"100"]
    sent.statuses.update([str(status) for status in statuses] or ["no answer"])
    fault = _fault(one, statuses, answer)
    if fault:
        sent.faults.append(f"{fault}: {one.kind}: {one.data[:300]!r} → {answer[:300]!r}")


def _fault(one: Hostile, statuses: list[int], answer: bytes) -> str | None:
    if any(status >= 500 and status != 501 for status in statuses):
        return "a server error"
    if one.whole and not statuses:
        return "a whole request without an answer"
    wrong = [status for status in statuses if status >= 400]
    is_head = one.data[:4].upper() == b"HEAD"
    if wrong and not is_head and answer.count(b'"error":{') < 1 and b'"error": {' not in answer:
        return "an error without the envelope"
    return None


async def _answer_to(port: int, one: Hostile) -> bytes:
    """What comes until the gateway closes, a whole answer is there, or nothing more comes."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError as exc:
        return f"HTTP/1.1 599 no connection: {exc}".encode()
    answer = b""
    try:
        with suppress(ConnectionError):
            writer.write(one.data)
            await writer.drain()
            if not one.whole and one.kind in ("cut short", "noise") and writer.can_write_eof():
                writer.write_eof()
            async with asyncio.timeout(SLOWEST_S if one.whole else WAIT_S):
                while not _is_whole(answer) and (data := await reader.read(65536)):
                    answer += data
    except TimeoutError:
        pass
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return answer


def _is_whole(answer: bytes) -> bool:
    """Is one answer complete, by its length or its last chunk?"""
    head, split, body = answer.partition(b"\r\n\r\n")
    if not split or head.startswith(b"HTTP/1.1 100"):
        return False
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if length:
        return len(body) >= int(length[1])
    return body.endswith(b"0\r\n\r\n")
