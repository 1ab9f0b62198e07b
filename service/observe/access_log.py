"""One line a request: what was asked and how it ended, never the text nor a key."""

import logging

from service.observe.request_record import RequestRecord

# What orchestrators, proxies and Prometheus ask every few seconds would hide the rest.
LOOKS = frozenset({"/live", "/ready", "/health", "/ping", "/metrics"})

logger = logging.getLogger("nerve.access")


def write(route: str, method: str, status: str, seconds: float, record: RequestRecord) -> None:
    """A line whose ``fields`` a formatter writes out; looks at the gateway's health are debug.

    ``status`` is "gone" where the client left before an answer.
    """
    level = logging.DEBUG if route in LOOKS else logging.INFO
    if not logger.isEnabledFor(level):
        return
    fields = {
        "method": method,
        "route": route,
        # Two types in one field would break an index of logs.
        "status": int(status) if status.isdecimal() else None,
        "duration_ms": round(seconds * 1000, 3),
        "model": ",".join(sorted(record.models)) or None,
        "entities": record.entities,
        "key": record.key,
    }
    logger.log(level, "%s %s %s", method, route, status, extra={"fields": fields})
