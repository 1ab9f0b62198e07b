"""Several gateways as one: a row goes to the one with the least to do; one that is down rests."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.bulk.errors import BulkFailed
from service.settings import without_password

FIRST_REST_S, LONGEST_REST_S = 0.5, 30.0


@dataclass(slots=True)
class Place:
    """One gateway: its requests in flight, and when it is worth asking again after a failure."""

    url: str
    inside: int = 0
    rest_s: float = 0.0
    resting_until: float = 0.0


class Gateways:
    """Raises BulkFailed for an address that is none, and once all are down for ``patience_s``."""

    def __init__(self, urls: Sequence[str], patience_s: float) -> None:
        self._places = [Place(url.rstrip("/")) for url in dict.fromkeys(urls)]
        self._patience_s = patience_s
        self._last_up = time.monotonic()
        self._why = ""

    async def choose(self) -> Place:
        """A gateway that is not known to be down; waits for one."""
        while True:
            now = time.monotonic()
            awake = [place for place in self._places if place.resting_until <= now]
            if awake:
                return min(awake, key=lambda place: place.inside)
            if now - self._last_up > self._patience_s:
                raise BulkFailed(
                    f"no gateway has answered for {self._patience_s:g} s ({self._why})"
                )
            first = min(place.resting_until for place in self._places)
            await asyncio.sleep(min(first, self._last_up + self._patience_s + 0.01) - now)

    def down(self, place: Place, why: str) -> None:
        """It gave no answer: it rests, each time twice as long."""
        now = time.monotonic()
        self._why = f"{without_password(place.url)}: {why}"
        if place.resting_until <= now:
            place.rest_s = min(max(FIRST_REST_S, 2 * place.rest_s), LONGEST_REST_S)
            place.resting_until = now + place.rest_s

    def up(self, place: Place) -> None:
        """It gave an answer."""
        place.rest_s = place.resting_until = 0.0
        self._last_up = time.monotonic()
