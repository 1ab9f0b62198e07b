"""One row's answer: asked again where that can help, given up where the row is at fault.

=====================================  =============================================================
429                                    asked again after Retry-After, fewer at a time; no limit
cannot be connected to, 503            the gateway rests, the row goes to another; no limit
408, 500, 502, 504, broken off         asked again, ``ATTEMPTS`` times in all
the deadline of the gateway passed     so, too, with a deadline for each completion
401, 403, 404; ``model``, ``labels``   no row can go well: the run ends (Refused)
a redirect, no error of a gateway's    another server answers: the run ends (Refused)
any other, and 413 whatever it names   the row is given up (RowFailed)
=====================================  =============================================================
"""

import asyncio
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx2

from adapters.measuring.live_service import retry_after
from deploy.bulk.answers import Again, Late, RowFailed, answer_in, message_in, of_line
from deploy.bulk.gate import Gate
from deploy.bulk.gateways import Gateways, Place
from service.settings import without_password

ATTEMPTS = 4
FIRST_DELAY_S = 0.25
_FULL = HTTPStatus.TOO_MANY_REQUESTS


class Asking:
    """``options`` are fields of every request beside the text."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        gateways: Gateways,
        gate: Gate,
        options: Mapping[str, Any],
    ) -> None:
        self._client = client
        self._gateways = gateways
        self._gate = gate
        self._options = options
        self._long = math.inf  # characters of the shortest text that took longer than a deadline

    async def ask(self, text: str) -> dict[str, Any]:
        """The answer of a gateway; raises RowFailed, BulkFailed."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(text)
            except Again as exc:
                if isinstance(exc, Late):
                    self._long = min(self._long, len(text))
                if attempt == ATTEMPTS:
                    raise RowFailed(f"{exc} ({ATTEMPTS} attempts)") from exc
                await asyncio.sleep(FIRST_DELAY_S * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, text: str) -> dict[str, Any]:
        """Once, not counting full gateways and those that are down."""
        while True:
            async with self._gate.place():
                place = await self._gateways.choose()
                response = await self._post(place, text)
            if response is None:
                continue
            if response.status_code == _FULL:
                self._gate.full(retry_after(response))
                continue
            self._gate.answered()
            return answer_in(place.url, response)

    async def _post(self, place: Place, text: str) -> httpx2.Response | None:
        """None when the gateway is down. A long text is the only line of a batch, where each
        completion has a deadline of its own, and not all of them one."""
        is_long = len(text) >= self._long
        path = "/extract/batch" if is_long else "/extract"
        body = {"text": text, **self._options}
        try:
            with self._gateways.asked(place):
                response = await self._client.post(f"{place.url}{path}", json=body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as exc:
            self._gateways.down(place, str(exc) or type(exc).__name__)
            return None
        except httpx2.ReadTimeout as exc:
            seconds = self._client.timeout.read
            raise Again(
                f"{without_password(place.url)} gave no answer within {seconds:.0f} s"
            ) from exc
        except httpx2.HTTPError as exc:
            raise Again(f"{without_password(place.url)}: {str(exc) or type(exc).__name__}") from exc
        response = of_line(response) if is_long else response
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            self._gateways.down(place, message_in(place.url, response))
            return None
        self._gateways.up(place)
        return response
