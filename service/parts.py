"""The parts of the gateway, made once and put together: what routes and middleware work with."""

import logging

from opentelemetry.trace import TracerProvider

from service.engine.client import Engine
from service.engine.queue import EngineQueue
from service.extraction.extract import Extract
from service.guard.concurrency import ConcurrencyLimit
from service.guard.counters import Counters
from service.guard.draining import Draining
from service.guard.held_bytes import HeldBytes
from service.guard.keys import Keys
from service.models.live_registry import LiveRegistry
from service.models.loading import AdapterLoader
from service.models.metrics import AdapterMetrics
from service.models.registry import untuned
from service.observe.metrics import Metrics
from service.observe.together import Together
from service.observe.tracing import Tracing
from service.readiness import Readiness
from service.settings import Settings

logger = logging.getLogger("nerve")


class Parts:
    """One of each, for one worker."""

    def __init__(
        self,
        settings: Settings,
        draining: Draining,
        spans: TracerProvider | None,
        counters: Counters,
        together: Together | None,
    ) -> None:
        """Raises ManifestError, RegistryError, SettingsError."""
        self.settings, self.draining, self.counters = settings, draining, counters
        self.tracing = Tracing(spans, settings.engine_url, settings.trace_texts)
        self.metrics, self.keys = Metrics(self.tracing, together), Keys(settings)
        self.metrics.http.places.set(settings.max_in_flight)
        self.engine = Engine.connect(settings, self.metrics, self.tracing)
        self.queue = EngineQueue(settings, self.engine, self.metrics)

        shown = AdapterMetrics(self.metrics.registry)
        loader = AdapterLoader(settings, self.engine)
        self.registry = LiveRegistry(settings, loader, shown)
        if self.registry.default == settings.base_model:
            logger.warning("%s", untuned(settings.base_model))
        self.extract = Extract(settings, self.registry, self.engine, self.metrics, shown)
        self.readiness = Readiness(
            settings, self.registry, self.engine, self.metrics, draining, counters
        )

        places, in_flight = counters.counter("places"), self.metrics.http.in_flight
        self.concurrency = ConcurrencyLimit(
            settings.max_in_flight, places, in_flight, self.queue.check
        )
        held = counters.counter("held bytes")
        self.held = HeldBytes(
            settings.max_held_bytes,
            settings.max_body_bytes,
            held,
            self.metrics.guards.held_bytes,
        )
