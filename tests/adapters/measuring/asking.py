"""One sentence asked of a service that answers as a test says."""

from collections.abc import Callable
from typing import Any

import httpx2

from adapters.measuring.live_service import Service, extract
from tests.adapters.measuring.three_sentences import TEXTS
from tests.conftest import ADAPTER

FOUND = {"entities": [], "model": ADAPTER}


async def at_once(_: float) -> None:
    """In place of waiting."""


async def extracted(answer: Callable[[httpx2.Request], httpx2.Response]) -> dict[str, Any]:
    """What is made of ``answer``, asked for the first sentence."""
    transport = httpx2.MockTransport(answer)
    async with httpx2.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await extract(client, Service("http://gateway"), TEXTS[0])
