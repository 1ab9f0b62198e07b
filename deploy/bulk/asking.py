"""One row's answer: asked again where that can help, given up where the row is at fault.

=====================================  =============================================================
429                                    asked again after Retry-After, fewer at a time; no limit
cannot be connected to, 503            the gateway rests, the row goes to another; no limit
500, 502, 504, broken off, too slow    asked again, ``ATTEMPTS`` times in all
401, 403, 404; ``model``, ``labels``   no row can go well: the run ends (Refused)
any other, and 413 whatever it names   the row is given up (RowFailed)
=====================================  =============================================================
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn

import httpx2

from adapters.measuring.live_service import retry_after
from deploy.bulk.errors import Refused
from deploy.bulk.gate import Gate
from deploy.bulk.gateways import Gateways, Place
from service.settings import without_password

ATTEMPTS = 4
FIRST_DELAY_S = 0.25
_FULL = HTTPStatus.TOO_MANY_REQUESTS
_FOR_ALL = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class RowFailed(Exception):
    """The row is given up: says why."""


class _Again(Exception):
    """This attempt failed; another may not."""


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

    async def ask(self, text: str) -> dict[str, Any]:
        """The answer of ``POST /extract``; raises RowFailed, BulkFailed."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(text)
            except _Again as exc:
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
            return _answer(place.url, response)

    async def _post(self, place: Place, text: str) -> httpx2.Response | None:
        """None when the gateway is down."""
        body = {"text": text, **self._options}
        try:
            with self._gateways.asked(place):
                response = await self._client.post(f"{place.url}/extract", json=body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as exc:
            self._gateways.down(place, str(exc) or type(exc).__name__)
            return None
        except httpx2.ReadTimeout as exc:
            seconds = self._client.timeout.read
            raise _Again(
                f"{without_password(place.url)} gave no answer within {seconds:.0f} s"
            ) from exc
        except httpx2.HTTPError as exc:
            raise _Again(
                f"{without_password(place.url)}: {str(exc) or type(exc).__name__}"
            ) from exc
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            self._gateways.down(place, _error(place.url, response)[0])
            return None
        self._gateways.up(place)
        return response


def _answer(url: str, response: httpx2.Response) -> dict[str, Any]:
    if response.status_code == HTTPStatus.OK:
        return _whole(url, response)
    message, param = _error(url, response)
    said = f"status {response.status_code}: {message}"
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _Again(said)
    # Too large is a row together with its labels: a shorter one may fit.
    is_too_large = response.status_code == httpx2.codes.CONTENT_TOO_LARGE
    if response.status_code in _FOR_ALL or (param in ("model", "labels") and not is_too_large):
        raise Refused(f"{without_password(url)}: {said}")
    raise RowFailed(said)


def _whole(url: str, response: httpx2.Response) -> dict[str, Any]:
    """An answer with all its parts; one that lacks a part of a long text is asked for again."""
    try:
        answer = dict(response.json(parse_constant=_refuse))
        if {"entities", "dropped", "truncated", "model"} - answer.keys():
            raise ValueError("fields are missing")
    except (ValueError, TypeError) as exc:
        raise Refused(f"what answers at {without_password(url)} is not a Nerve gateway") from exc
    if answer.get("partial"):
        raise _Again(f"a part of the text failed: {answer['chunks'][0]['error']['message']}")
    return answer


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of JSON")


def _error(url: str, response: httpx2.Response) -> tuple[str, str | None]:
    """The gateway's message and the field at fault; a proxy's answer has neither."""
    try:
        error = response.json()["error"]
        return str(error["message"]), error["param"]
    except (ValueError, KeyError, TypeError):
        return f"{without_password(url)} said {response.text[:80]!r}", None
