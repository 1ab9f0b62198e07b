"""Several gateways as one: a row goes to the one with the least to do; one that is down rests, and
is asked by one request at a time until it answers."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from deploy.bulk.errors import BulkFailed
from service.settings import without_password

FIRST_REST_S, LONGEST_REST_S = 0.5, 30.0


@dataclass(slots=True)
class Place:
    """One gateway: its requests in flight, and when it is worth asking again after a failure."""

    url: str
    inside: int = 0
    rest_s: float = 0.0  # 0: it is not known to be down
    resting_until: float = 0.0
    is_tried: bool = False  # by a request that finds out whether it is still down

    def is_free(self, now: float) -> bool:
        """May it be asked?"""
        return not self.rest_s or (self.resting_until <= now and not self.is_tried)


class Gateways:
    """Raises BulkFailed once all are down for ``patience_s``; ``say`` hears of it when that
    begins."""

    def __init__(
        self, urls: Sequence[str], patience_s: float, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._places = [Place(url.rstrip("/")) for url in dict.fromkeys(urls)]
        self._patience_s, self._say = patience_s, say
        self._down_since: float | None = None  # all of them
        self._why = ""
        self._changed = asyncio.Event()

    async def choose(self) -> Place:
        """A gateway that is not known to be down; waits for one."""
        while True:
            now = time.monotonic()
            free = [place for place in self._places if place.is_free(now)]
            if free:
                return min(free, key=lambda place: place.inside)
            until = self._patience_ends(now)
            rests = [place.resting_until for place in self._places if not place.is_tried]
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min([until, *rests]) - now)

    def _patience_ends(self, now: float) -> float:
        """When; raises BulkFailed if that is past, and none of them is being asked."""
        if self._down_since is None or any(place.is_tried for place in self._places):
            return now + self._patience_s
        if now - self._down_since > self._patience_s:
            raise BulkFailed(f"no gateway has answered for {self._patience_s:g} s ({self._why})")
        return self._down_since + self._patience_s + 0.01

    @contextmanager
    def asked(self, place: Place) -> Iterator[None]:
        """While a request is there."""
        tries = place.rest_s > 0
        place.is_tried = place.is_tried or tries
        place.inside += 1
        try:
            yield
        finally:
            place.inside -= 1
            if tries:
                place.is_tried = False
                self._has_changed()

    def down(self, place: Place, why: str) -> None:
        """It gave no answer: it rests, each time twice as long."""
        now = time.monotonic()
        self._why = f"{without_password(place.url)}: {why}"
        if place.resting_until <= now:
            place.rest_s = min(max(FIRST_REST_S, 2 * place.rest_s), LONGEST_REST_S)
            place.resting_until = now + place.rest_s
        if self._down_since is None and all(one.rest_s for one in self._places):
            self._down_since = now
            self._say(f"no gateway answers ({self._why}); waiting up to {self._patience_s:g} s")
        self._has_changed()

    def up(self, place: Place) -> None:
        """It gave an answer."""
        place.rest_s = place.resting_until = 0.0
        self._down_since = None
        self._has_changed()

    def _has_changed(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
