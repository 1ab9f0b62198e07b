"""The last places are for callers who have few: one api key does not take all of them.

A key without a ``concurrency`` of its own could: as long as its requests run, every other caller
would get 429. So an eighth of the places is kept back from whoever holds as many already. Nothing
is measured over time, and nothing waits.
"""

from contextvars import ContextVar

from service.guard.counters import Counter

_KEPT_BACK = 8  # one in so many

_CURRENT: ContextVar[Counter | None] = ContextVar("places of the key", default=None)


def holds_for(places: Counter | None) -> None:
    """The request holds places for a key that has so many now; None: for nobody.

    To be said of each request: one that was sent ahead begins in the context of the one before.
    """
    _CURRENT.set(places)


def holder() -> Counter | None:
    """For whom the request holds places: the same of all that one key sends, None for nobody."""
    return _CURRENT.get()


def add(amount: int) -> None:
    """The caller holds so many places more; less than 0 gives back."""
    places = _CURRENT.get()
    if places is not None:
        places.add(amount)


def of(limit: int) -> int:
    """Of ``limit`` places those up to which the caller may take one, however many others hold."""
    places, kept_back = _CURRENT.get(), limit // _KEPT_BACK
    has_many = places is not None and 0 < kept_back <= places.total
    return limit - kept_back if has_many else limit
