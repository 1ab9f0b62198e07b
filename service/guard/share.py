"""The last of what callers share is for those who have little: one api key does not take all of it.

A key could: places, where it has no ``concurrency`` of its own, and bytes of bodies; as long as it
held them, every other caller would get 429. So an eighth is kept back from whoever holds as much
already. Nothing is measured over time, and nothing waits.
"""

from contextvars import ContextVar

from service.guard.counters import Counter

_KEPT_BACK = 8  # one in so many


class Share:
    """What the keys of several callers have of one thing; who holds it is said of each request."""

    def __init__(self, name: str) -> None:
        self._current: ContextVar[Counter | None] = ContextVar(name, default=None)

    def holds_for(self, key: Counter | None) -> None:
        """The request holds for a key that has so much now; None: for nobody."""
        self._current.set(key)

    def holder(self) -> Counter | None:
        """For whom the request holds: the same of all that one key sends, None for nobody."""
        return self._current.get()

    def add(self, amount: int) -> None:
        """The caller holds so much more; less than 0 gives back."""
        key = self._current.get()
        if key is not None:
            key.add(amount)

    def of(self, limit: int, most_kept_back: int | None = None) -> int:
        """Of ``limit`` that up to which the caller may take, however much others hold."""
        key, kept_back = self._current.get(), limit // _KEPT_BACK
        if most_kept_back is not None:
            kept_back = min(kept_back, most_kept_back)
        has_much = key is not None and 0 < kept_back <= key.total
        return limit - kept_back if has_much else limit


PLACES = Share("places of the key")
HELD_BYTES = Share("held bytes of the key")
