"""A run: rows in, answers appended in the order of the rows, a bounded number in flight."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from adapters.data.label_file import renamed
from deploy.bulk.answers import RowFailed
from deploy.bulk.asking import Asking
from deploy.bulk.gate import Gate
from deploy.bulk.gateways import Gateways
from deploy.bulk.output import Output
from deploy.bulk.row import Row
from deploy.client import TIMEOUT_S
from deploy.credentials import key_header
from service.ner.types import Label

# Rows that are read ahead for each request at a time: a slow row holds back no more than these.
AHEAD = 8
# A host that is off lets a connection wait for minutes, and a place with it.
CONNECT_S = 5.0


@dataclass(frozen=True, slots=True)
class Service:
    """Whom to ask, how many requests at a time, and how long (s) to wait for an answer, and for
    any gateway to come back; ``options`` are fields of every request, ``labels`` what they ask for,
    whose ids are written."""

    urls: Sequence[str]
    concurrency: int = 16
    timeout_s: float = TIMEOUT_S
    patience_s: float = 300.0
    options: Mapping[str, Any] = field(default_factory=dict)
    labels: Sequence[Label] = ()


Result = tuple[Row, dict[str, Any] | str]


async def run(
    rows: Iterable[Row],
    service: Service,
    output: Output,
    wrote: Callable[[], None],
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Ask for every row and append its answer or its error; ``wrote`` hears of each, ``say`` when
    no gateway answers.

    Cancelled or failed, it leaves what is written; raises BulkFailed.
    """
    limits = httpx2.Limits(max_connections=service.concurrency)
    gateways = Gateways(service.urls, service.patience_s, say)
    timeout = httpx2.Timeout(service.timeout_s, connect=min(CONNECT_S, service.timeout_s))
    in_flight: deque[asyncio.Task[Result]] = deque()
    async with httpx2.AsyncClient(
        limits=limits, timeout=timeout, trust_env=False, headers=key_header()
    ) as client:
        asking = Asking(client, gateways, Gate(service.concurrency), service.options)
        try:
            for row in rows:
                in_flight.append(asyncio.create_task(_result(asking, row, service.labels)))
                if len(in_flight) >= AHEAD * service.concurrency:
                    await _write_next(in_flight, output, wrote)
            while in_flight:
                await _write_next(in_flight, output, wrote)
        finally:
            for task in in_flight:
                task.cancel()
            await asyncio.gather(*in_flight, return_exceptions=True)


async def _write_next(
    in_flight: deque[asyncio.Task[Result]], output: Output, wrote: Callable[[], None]
) -> None:
    """Wait for the oldest row, then write it and all that are ready behind it."""
    await asyncio.wait([in_flight[0]])
    while in_flight and in_flight[0].done():
        row, result = in_flight.popleft().result()
        if isinstance(result, str):
            output.write_failed(row, result)
        else:
            output.write(row, result)
        wrote()


async def _result(asking: Asking, row: Row, labels: Sequence[Label]) -> Result:
    if row.text is None:
        return row, row.error or "there is no text"
    try:
        return row, renamed(await asking.ask(row.text), labels)
    except RowFailed as exc:
        return row, str(exc)
