"""A gateway in front of the real engine with the tiny model, for clients of OpenAI's."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.app import create_app
from service.settings import Settings
from tests.engine.real_engine import BASE, RealEngine
from tests.support.serving import serving


@contextmanager
def gateway_of(engine: RealEngine) -> Iterator[str]:
    """Its address, while it runs."""
    settings = Settings(
        engine_url=engine.url,
        base_model=BASE,
        adapters=engine.adapters,
        probe_interval_s=0.2,
        deadline_s=60,
    )
    with serving(create_app(settings)) as url:
        yield url
