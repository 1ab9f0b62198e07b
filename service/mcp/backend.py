"""Who does what the tools ask for: this gateway, or one that is asked by HTTP."""

from dataclasses import dataclass
from typing import Protocol

from service.extraction.extract import Extract
from service.extraction.redact import Redact
from service.guard.concurrency import ConcurrencyLimit
from service.models.adapter_cards import AdapterList, cards
from service.models.live_registry import LiveRegistry
from service.readiness import Readiness
from service.wire.requests import ExtractRequest, RedactRequest
from service.wire.responses import ExtractResponse, RedactResponse


class Backend(Protocol):
    """Each raises NerveError."""

    async def extract(self, request: ExtractRequest) -> ExtractResponse:
        """The entities of one text."""

    async def redact(self, request: RedactRequest) -> RedactResponse:
        """One text, masked."""

    async def adapters(self) -> AdapterList:
        """Which there are."""


@dataclass(frozen=True, slots=True)
class ThisGateway:
    """The use cases of this process, within its limits."""

    extracting: Extract
    concurrency: ConcurrencyLimit
    registry: LiveRegistry
    readiness: Readiness

    async def extract(self, request: ExtractRequest) -> ExtractResponse:
        """As ``POST /extract``."""
        with self.concurrency:
            answer = await self.extracting(request)
        assert isinstance(answer, ExtractResponse), "one text has one answer"
        return answer

    async def redact(self, request: RedactRequest) -> RedactResponse:
        """As ``POST /redact``."""
        with self.concurrency:
            answer = await Redact(self.extracting)(request)
        assert isinstance(answer, RedactResponse), "one text has one answer"
        return answer

    async def adapters(self) -> AdapterList:
        """As ``GET /adapters``."""
        return cards(self.registry, self.readiness.loaded)
