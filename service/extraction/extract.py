"""The use case: texts in, typed entities out. Each step has one name, here and everywhere else.

resolve stands here, fold and chunk in ``text.long_text``, prompt to align in ``text.chunk_work``,
respond in a module of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from service.engine.client import Engine
from service.errors import InvalidRequest, NerveError, RequestTooLarge
from service.extraction.aside import MANY, aside
from service.extraction.respond import respond
from service.extraction.side_by_side import side_by_side
from service.extraction.text.allowance import Allowance
from service.extraction.text.asked import Asked
from service.extraction.text.chunk_work import ChunkWork
from service.extraction.text.few_shot import examples
from service.extraction.text.joining import Found
from service.extraction.text.long_text import Budget, LongText
from service.extraction.text.scoring import calibration_of, end_bias, scoring
from service.guard import deadline
from service.models.metrics import AdapterMetrics
from service.models.registry import Models
from service.observe import request_record
from service.observe.metrics import Metrics
from service.settings import Settings
from service.wire.request_errors import as_text
from service.wire.requests import ExtractRequest, Offsets, Options
from service.wire.responses import ErrorResponse, ExtractResponse, ManyResponse

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Extract:
    """What an extraction needs; called with a request, it answers. Raises NerveError."""

    settings: Settings
    registry: Models
    engine: Engine
    metrics: Metrics
    adapter_metrics: AdapterMetrics

    async def __call__(self, request: ExtractRequest) -> ExtractResponse | ManyResponse:
        """resolve, fold, chunk, prompt, complete, decode, align, respond: as the README has it."""
        asked, budget = self.resolve(request), self.budget()

        async def one(text: str) -> ExtractResponse:
            return await self.one(text, asked, request.offsets, budget)

        if request.texts is not None:
            return ManyResponse(results=await self.each(request.texts, one))
        return await one(request.only_text())

    def resolve(self, options: Options) -> Asked:
        """What is asked of which model; raises InvalidRequest, ModelNotFound."""
        with self.metrics.stage("resolve"):
            served = self.registry.resolve(options.model, options.labels)
            request_record.asks(served.name)
            scored = scoring(served, options)
            labels, bias = served.choose(options.labels), end_bias(served, options)
            shown = examples(options.examples, served, labels)
            if served.is_open:
                how = options.constraint, options.overlaps, shown, scored
                return Asked(served, labels, *how, end_bias=bias)
            # A tuned model is asked what it was tuned on, whole, and the answer narrowed: it finds
            # more so, scores stay calibrated, and one beginning of the prompt stays in the cache.
            names = frozenset(label.name for label in labels)
            return Asked(
                *(served, served.labels, options.constraint, options.overlaps),
                scoring=scored,
                wanted=names,
                end_bias=bias,
            )

    def comparable(self, request: ExtractRequest) -> ExtractRequest:
        """``request``, for raw scores where there are no calibrated ones, and without the model's
        own ``min_score``: for those who compare scores with a number. Raises ModelNotFound."""
        served = self.registry.resolve(request.model, request.labels)
        update: dict[str, object] = {"min_score": request.min_score or 0.0}
        if not request.min_score and calibration_of(served, request.constraint) is None:
            update["scores"] = "raw"
        return request.model_copy(update=update)

    def budget(self) -> Budget:
        """For one answer: all of it until one deadline."""
        at = deadline.sooner(self.engine.deadline())
        return Budget(self._at_once(), lambda: at, self.allowance())

    def bulk_budget(self) -> Budget:
        """For many answers that nobody waits for: each completion has the deadline's time, and
        each answer is to have an ``allowance`` of its own."""
        at = self.engine.deadline
        return Budget(self._at_once(), lambda: deadline.sooner(at()), self.allowance())

    def allowance(self) -> Allowance:
        """What one answer may have."""
        return Allowance(self.settings.max_entities)

    async def find(self, text: str, asked: Asked, budget: Budget) -> Found:
        """What came of one text; raises RequestTooLarge, and what its first chunk raised if none
        could be extracted."""
        with deadline.Naming():
            found = await self.cutter(text)(asked, text, budget)
        request_record.found(len(found.entities))
        return self.named(found)

    def cutter(self, text: str) -> LongText:
        """What extracts ``text``; raises RequestTooLarge."""
        size, limit = len(text.encode()), self.settings.max_text_bytes
        if size > limit:
            raise RequestTooLarge(
                f"text has {size} bytes; the limit is {limit} bytes", param="text"
            )
        work = ChunkWork(self.settings, self.engine, self.metrics, self.adapter_metrics)
        return LongText(self.settings, work)

    def named(self, found: Found) -> Found:
        """``found``, where the caller's own deadline is named if it cut parts off."""
        if not found.failed:
            return found
        failed = (replace(part, error=deadline.named(part.error)) for part in found.failed)
        return replace(found, failed=tuple(failed))

    async def one(
        self, text: str, asked: Asked, offsets: Offsets, budget: Budget
    ) -> ExtractResponse:
        """The answer to one text. Raises as ``find``."""
        found = await self.find(text, asked, budget)
        return await self.respond(text, asked, found, offsets)

    async def respond(
        self, text: str, asked: Asked, found: Found, offsets: Offsets
    ) -> ExtractResponse:
        """What was found in a text, as callers see it."""
        is_much = len(found.entities) + len(found.dropped) > MANY
        with self.metrics.stage("respond"):
            return await aside(is_much, respond, asked.served.name, text, found, offsets)

    async def each(
        self, texts: Sequence[object], one: Callable[[str], Awaitable[Answer]]
    ) -> list[Answer | ErrorResponse]:
        """One answer or error for each item, in order; raises InvalidRequest for too many."""
        if len(texts) > self.settings.max_texts:
            raise InvalidRequest(
                f"texts has {len(texts)} items; expected up to {self.settings.max_texts}",
                param="texts",
            )

        checked = [_checked(item, f"texts[{place}]") for place, item in enumerate(texts)]

        async def answer(place: int) -> Answer | ErrorResponse:
            if isinstance(text := checked[place], ErrorResponse):
                return text
            try:
                return await one(text)
            except NerveError as exc:
                return ErrorResponse.of(exc)

        return await side_by_side(answer, range(len(checked)), self.settings.request_concurrency)

    def _at_once(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self.settings.request_concurrency)


def _checked(item: object, name: str) -> str | ErrorResponse:
    """The text that an item is, or its error."""
    try:
        return as_text(item, name)
    except InvalidRequest as exc:
        if isinstance(item, list | dict):
            # The body is held until the answer is there, and this at thirty times its bytes.
            item.clear()
        return ErrorResponse.of(exc)
