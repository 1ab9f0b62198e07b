"""The engine's series that our panels and alerts ask for, asked of a real vLLM."""

import httpx2

from tests.deploy.operations.observing import alert_queries, names_in, panel_queries
from tests.engine.real_engine import RealEngine


def test_the_engine_has_the_series_that_are_looked_at(engine: RealEngine) -> None:
    """A renamed series would leave a panel empty, and an alert silent."""
    wanted = {
        name
        for query in (*panel_queries().values(), *alert_queries().values())
        for name in names_in(query)
        if name.startswith("vllm:")
    }
    shown = httpx2.get(f"{engine.url}/metrics", timeout=10, trust_env=False).text
    missing = {name for name in wanted if f"\n{name}{{" not in shown}
    assert wanted
    assert not missing
