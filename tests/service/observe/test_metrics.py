"""/metrics, and the headers that say where a request's time went: what a request leaves behind."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from service.observe.metrics import STAGES
from tests.conftest import ADAPTER, BASE, Gateway, running
from tests.support.fake_engine import completes, fails
from tests.support.serving import client_of
from tests.support.waiting import until

pytestmark = pytest.mark.slow


class Growth:
    """How much series of a gateway have grown since this was made."""

    def __init__(self, gateway: Gateway, *series: str) -> None:
        self.gateway = gateway
        self.before = {name: gateway.metric(name) for name in series}

    def __call__(self) -> list[float]:
        return [self.gateway.metric(name) - value for name, value in self.before.items()]


def test_requests_are_counted_by_the_routes_pattern(gateway: Gateway) -> None:
    """Paths that a client invents make no series of their own."""
    gateway.extract("甲")
    gateway.client.get("/invented/1")
    growth = Growth(
        gateway,
        'nerve_http_requests_total{method="POST",route="/extract",status="200"}',
        'nerve_http_requests_total{method="GET",route="unmatched",status="404"}',
    )
    gateway.extract("甲")
    gateway.client.get("/invented/2")
    assert growth() == [1, 1]
    assert "invented" not in gateway.client.get("/metrics").text


def test_stages_and_outcomes(gateway: Gateway) -> None:
    """A failed completion is counted by its outcome; the stages before it are timed."""
    growth = Growth(
        gateway,
        'nerve_stage_duration_seconds_count{stage="prompt"}',
        'nerve_engine_requests_total{outcome="error"}',
    )
    gateway.engine.script = fails(500, {})
    gateway.extract("甲")
    gateway.engine.script = completes("无")
    gateway.extract("甲")
    assert growth() == [2, 1]


def test_the_state_is_in_gauges(gateway: Gateway) -> None:
    """Whether the engine can be used, and how much of the gateway is."""
    assert gateway.metric("nerve_engine_ready") == 1
    assert gateway.metric("nerve_places") == 64
    assert gateway.metric("nerve_requests_in_flight") == 0
    assert gateway.metric("nerve_engine_requests_in_flight") == 0


def test_what_the_engine_works_on_is_a_gauge(gateway: Gateway) -> None:
    """1 while the engine is busy, and 0 when its client has left."""
    gateway.engine.script = gateway.engine.hangs
    hasty = client_of(gateway.url, 1)
    with hasty, ThreadPoolExecutor(1) as pool:
        asking = pool.submit(hasty.post, "/extract", json={"text": "甲"})
        assert gateway.engine.busy.wait(5)
        assert gateway.metric("nerve_engine_requests_in_flight") == 1
        assert isinstance(asking.exception(10), httpx2.ReadTimeout)
    until(lambda: gateway.metric("nerve_engine_requests_in_flight") == 0)


def test_what_a_completion_yields_is_counted_by_adapter(gateway: Gateway) -> None:
    """Entities by label, mentions dropped by reason, tokens; a part that cannot be read is a
    repair."""
    growth = Growth(
        gateway,
        f'nerve_completions_total{{adapter="{ADAPTER}"}}',
        f'nerve_entities_total{{adapter="{ADAPTER}",label="company"}}',
        f'nerve_entities_total{{adapter="{ADAPTER}",label="name"}}',
        f'nerve_mentions_dropped_total{{adapter="{ADAPTER}",reason="not_in_text"}}',
        f'nerve_mentions_dropped_total{{adapter="{ADAPTER}",reason="malformed"}}',
        f'nerve_completions_repaired_total{{adapter="{ADAPTER}"}}',
        f'nerve_completions_truncated_total{{adapter="{ADAPTER}"}}',
        f'nerve_prompt_tokens_total{{adapter="{ADAPTER}"}}',
        f'nerve_completion_tokens_total{{adapter="{ADAPTER}"}}',
    )
    gateway.engine.script = completes("姓名：叶老桂\n公司：招商银行\n胡言")
    gateway.extract("叶老桂说叶老桂")
    assert growth() == [1, 0, 2, 1, 1, 1, 0, 96, 15]


def test_a_completion_without_anything_to_read_is_no_repair(gateway: Gateway) -> None:
    """Nothing was kept."""
    growth = Growth(gateway, f'nerve_completions_repaired_total{{adapter="{ADAPTER}"}}')
    gateway.engine.script = completes("胡言乱语")
    gateway.extract("甲")
    assert growth() == [0]


def test_the_rows_of_a_batch_are_counted(gateway: Gateway) -> None:
    """By how each ended; the batch itself is one request."""
    growth = Growth(
        gateway,
        'nerve_batch_rows_total{outcome="ok"}',
        'nerve_batch_rows_total{outcome="error"}',
        'nerve_http_requests_total{method="POST",route="/extract",status="200"}',
    )
    gateway.extract("甲")
    gateway.client.post("/extract/batch", content='"甲"\n3\n\n"甲"\n')
    assert growth() == [2, 1, 1]


def test_labels_that_callers_invent_are_one_value(gateway: Gateway) -> None:
    """On the base model any labels go, and none becomes a series."""
    growth = Growth(gateway, f'nerve_entities_total{{adapter="{BASE}",label="open"}}')
    gateway.engine.script = completes('[{"label": "invented", "text": "甲"}]')
    answer = gateway.extract("甲", model=BASE, labels=["invented"]).json()
    assert [entity["label"] for entity in answer["entities"]] == ["invented"]
    assert growth() == [1]
    assert "invented" not in gateway.client.get("/metrics").text


def test_every_model_is_described(gateway: Gateway) -> None:
    """An adapter by its manifest; a base model has neither rank nor F1."""
    shown = gateway.client.get("/metrics").text
    described = re.findall(r"^nerve_adapter_info\{(.*)\} 1\.0$", shown, re.MULTILINE)
    assert {tuple(sorted(re.findall(r'(\w+)="([^"]*)"', row))) for row in described} == {
        (
            ("adapter", ADAPTER),
            ("base", BASE),
            ("engine_name", "clue@01234567"),
            ("f1", ""),
            ("format", "lines"),
            ("prompt", "zh-lines-1"),
            ("rank", "64"),
        ),
        (
            ("adapter", BASE),
            ("base", BASE),
            ("engine_name", BASE),
            ("f1", ""),
            ("format", "json"),
            ("prompt", "open-json-1"),
            ("rank", ""),
        ),
    }


def test_an_extraction_says_where_its_time_went(gateway: Gateway) -> None:
    """Each stage, and the gateway's own part, which leaves the wait for the engine out."""
    growth = Growth(gateway, 'nerve_gateway_overhead_seconds_count{route="/extract"}')
    headers = gateway.extract("甲").headers
    stages = dict(re.findall(r"(\w+);dur=([\d.]+)", headers["server-timing"]))
    assert list(stages) == list(STAGES)
    overhead = float(headers["x-nerve-overhead-ms"])
    assert 0 < overhead < 1000
    assert growth() == [1]


def test_the_wait_for_the_engine_is_no_overhead(adapters: Path) -> None:
    """An engine that is never done leaves the gateway's own part small, on an error too."""
    with running(adapters, deadline_s=1) as gateway:
        gateway.engine.script = gateway.engine.hangs
        answer = gateway.extract("甲")
    assert answer.status_code == 504
    assert float(answer.headers["x-nerve-overhead-ms"]) < 500


def test_an_answer_without_the_engine_has_no_overhead(gateway: Gateway) -> None:
    """There is nothing to leave out."""
    headers = gateway.extract(" ").headers
    assert "x-nerve-overhead-ms" not in headers
    assert "server-timing" not in headers


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
# As Prometheus 2.42 asks.
OF_PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


def exemplars(gateway: Gateway) -> set[str]:
    """The traces that the buckets of the extraction's latency lead to."""
    answer = gateway.client.get("/metrics", headers={"accept": OF_PROMETHEUS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    return {
        sample.exemplar.labels["trace_id"]
        for family in text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]
        for sample in family.samples
        if sample.exemplar and sample.labels.get("route") == "/extract"
    }


def test_openmetrics_has_the_traces_of_measured_times(adapters: Path) -> None:
    """Where the caller's trace is sampled; the format is one that a strict parser takes."""
    with running(adapters) as gateway:
        for flags in ("00", "01"):
            assert exemplars(gateway) == set()
            headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-{flags}"}
            gateway.client.post("/extract", json={"text": "甲"}, headers=headers)
        assert exemplars(gateway) == {TRACE}


@pytest.mark.parametrize("accept", ["*/*", "text/plain", "text/html,*/*;q=0.8", ""])
def test_others_get_the_text_format(gateway: Gateway, accept: str) -> None:
    """Which has no exemplars."""
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    gateway.client.post("/extract", json={"text": "甲"}, headers=headers)
    answer = gateway.client.get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert TRACE not in answer.text
