"""/metrics: what a request leaves behind."""

from tests.conftest import Gateway
from tests.fake_engine import completes, fails


def test_requests_are_counted_by_the_routes_pattern(gateway: Gateway) -> None:
    """Paths that a client invents make no series of their own."""
    answered = 'nerve_http_requests_total{method="POST",route="/extract",status="200"}'
    lost = 'nerve_http_requests_total{method="GET",route="unmatched",status="404"}'
    gateway.extract("甲")
    gateway.client.get("/invented/1")
    before = gateway.metric(answered), gateway.metric(lost)
    gateway.extract("甲")
    gateway.client.get("/invented/2")
    assert (gateway.metric(answered), gateway.metric(lost)) == (before[0] + 1, before[1] + 1)
    assert "invented" not in gateway.client.get("/metrics").text


def test_stages_and_outcomes(gateway: Gateway) -> None:
    """A failed completion is counted by its outcome; the stages before it are timed."""
    prompts = 'nerve_stage_duration_seconds_count{stage="prompt"}'
    failed = 'nerve_engine_requests_total{outcome="error"}'
    before = gateway.metric(prompts), gateway.metric(failed)
    gateway.engine.script = fails(500, {})
    gateway.extract("甲")
    gateway.engine.script = completes("无")
    gateway.extract("甲")
    assert (gateway.metric(prompts), gateway.metric(failed)) == (before[0] + 2, before[1] + 1)


def test_the_engines_state_is_a_gauge(gateway: Gateway) -> None:
    """1 while it can be used."""
    assert gateway.metric("nerve_engine_ready") == 1
    assert gateway.metric("nerve_extract_in_flight") == 0
