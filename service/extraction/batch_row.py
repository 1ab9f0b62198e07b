"""One row of ``POST /extract/batch``, answered."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from service.errors import InternalError, NerveError, Overloaded
from service.extraction.aside import LONG, aside
from service.extraction.extract import Extract
from service.extraction.text.long_text import Budget
from service.extraction.written import written
from service.guard.concurrency import SharedPlace
from service.wire.batch_line import own_id, read
from service.wire.lines import one_line
from service.wire.request_errors import validated
from service.wire.requests import BatchLine
from service.wire.responses import ErrorBody, LineAnswer, LineError

logger = logging.getLogger("nerve")


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """Called with a line and its number; the rows of a batch have one ``budget`` and one
    ``place``."""

    extract: Extract
    budget: Budget
    place: SharedPlace

    async def __call__(self, number: int, line: bytes | None) -> bytes:
        """The answer to a line, as a line; whatever goes wrong with it is its error."""
        own: dict[str, Any] = {}
        try:
            most = self.extract.settings.max_body_bytes
            fields = await aside(len(line or b"") > LONG, read, line, most)
            own = own_id(fields)
            asked = validated(BatchLine, fields)
            async with self._placed():
                budget = replace(self.budget, allowance=self.extract.allowance())
                found = await self.extract.one(
                    asked.text, self.extract.resolve(asked), asked.offsets, budget
                )
            answer: LineAnswer | LineError = LineAnswer(line=number, **{**dict(found), **own})
        except NerveError as exc:
            answer = LineError(line=number, error=ErrorBody.of(exc), **own)
        except Exception:
            logger.exception("line %d of a batch", number)
            fault = InternalError("a fault of the gateway; its log says more")
            answer = LineError(line=number, error=ErrorBody.of(fault), **own)
        outcome = "ok" if isinstance(answer, LineAnswer) else "error"
        self.extract.metrics.rows[outcome].inc()
        return one_line(await written(answer)) + b"\n"

    @asynccontextmanager
    async def _placed(self) -> AsyncIterator[None]:
        """With a place; raises Overloaded when there is none for as long as the engine may take."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self.extract.settings.deadline_s):
                    await stack.enter_async_context(self.place)
            except TimeoutError as exc:
                raise Overloaded("there was no free place for the row in time") from exc
            yield
