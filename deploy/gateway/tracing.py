"""Where spans go: to a collector, by OpenTelemetry's own variables; without them nowhere.

The packages that send them are those of ``requirements/tracing.txt``, imported only when asked for.
"""

import os
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING

from opentelemetry.util.re import parse_env_headers

from service.settings import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"
_HEADERS = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
# At the end, for the spans that are left; a collector that is not there is tried for longer.
_END_S = 5.0


def provider() -> "TracerProvider | None":
    """What takes the gateway's spans, to be given to ``end``; None when there are to be none.

    The SDK reads the other variables by itself: the sampler, headers, the service's name …
    Raises SettingsError for a protocol that is not spoken here, for headers that are none, and when
    packages are missing.
    """
    endpoint = next((name for name in _ENDPOINTS if os.environ.get(name)), None)
    if endpoint is None or _is_off():
        return None
    for name in _PROTOCOLS:
        if (os.environ.get(name) or _PROTOCOL) != _PROTOCOL:
            raise SettingsError(f"{name} = {os.environ[name]!r}; expected {_PROTOCOL}")
    for name in _HEADERS:
        _check_headers(name)
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as exc:
        raise SettingsError(
            f"{endpoint} is set; expected the packages of requirements/tracing.txt: "
            f"pip install --require-hashes -r requirements/tracing.txt ({exc.name} is missing)"
        ) from exc
    known = {"service.name": os.environ.get("OTEL_SERVICE_NAME") or "nerve"}
    resource = Resource.create({**known, "service.version": version("nerve")})
    spans = TracerProvider(resource=resource, shutdown_on_exit=False)
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return spans


def end(spans: "TracerProvider") -> None:
    """Send what is left, within a few seconds."""
    sending = threading.Thread(target=spans.shutdown, daemon=True)
    sending.start()
    sending.join(_END_S)


def _check_headers(name: str) -> None:
    """The SDK would leave out what it cannot read, and log it: it may be the collector's key."""
    for header in filter(None, map(str.strip, os.environ.get(name, "").split(","))):
        if not parse_env_headers(header, liberal=True):
            raise SettingsError(
                f"{name} has a header that cannot be read (its value is not shown); expected "
                "NAME=VALUE, with a comma between several"
            )


def _is_off() -> bool:
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return disabled or os.environ.get("OTEL_TRACES_EXPORTER") == "none"
