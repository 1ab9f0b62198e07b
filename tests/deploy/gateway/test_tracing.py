"""Spans of a real gateway, sent to a real collector; and what there is without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from service.observe.metrics import STAGES
from tests.conftest import BASE, ENGINE_NAME
from tests.deploy.gateway.collector import Collected, Collector
from tests.deploy.gateway.gateway_process import GatewayProcess, gateway_process
from tests.support.fake_engine import FakeEngine, completes, fails, streams
from tests.support.openai_script import CHAT, DONE, MESSAGES, event
from tests.support.serving import serving
from tests.support.waiting import until

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TEXT = "叶老桂 hostile-7e5b"
SECRETS = ("叶老桂", "hostile-7e5b", "姓名")
KEY = "nrv-of-the-collector"


class Traced:
    """A gateway, its engine, and the collector that it sends its spans to."""

    def __init__(self, process: GatewayProcess, engine: FakeEngine, collector: Collector) -> None:
        self.process, self.engine, self.collector = process, engine, collector
        self.client = httpx2.Client(base_url=process.url, timeout=20, trust_env=False)
        self._traces = 0

    def trace_of(
        self, path: str, body: object, spans: int, flags: str = "01"
    ) -> tuple[httpx2.Response, list[Collected]]:
        """The answer to a request of a trace of its own, and that trace's spans."""
        self._traces += 1
        trace = f"{self._traces:032x}"
        headers = {"traceparent": f"00-{trace}-{CALLER}-{flags}"}
        answer = self.client.post(path, json=body, headers=headers)
        # The request's own span ends last, and may come in a later batch than its stages'.
        until(lambda: spans == 0 or any(span.kind == 2 for span in self.collector.of(trace)))
        until(lambda: len(self.collector.of(trace)) >= spans)
        return answer, self.collector.of(trace)


@contextmanager
def traced(
    adapters: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: object
) -> Iterator[Traced]:
    """A gateway that is told of a collector by OpenTelemetry's variables."""
    engine, collector = FakeEngine(BASE, ENGINE_NAME), Collector()
    engine.script = completes("姓名：叶老桂")
    with serving(engine) as engine_url, serving(collector) as collector_url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector_url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization={KEY}")
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        with gateway_process(adapters, engine_url, folder, **settings) as process:
            found = Traced(process, engine, collector)
            with found.client:
                yield found


@pytest.fixture(scope="module")
def shared(adapters: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    """One for all tests."""
    with (
        pytest.MonkeyPatch.context() as patch,
        traced(adapters, tmp_path_factory.mktemp("traced"), patch, deadline_s=1) as found,
    ):
        yield found


@pytest.fixture
def gateway_traced(shared: Traced) -> Traced:
    """Its engine as new."""
    shared.engine.reset()
    shared.engine.script = completes("姓名：叶老桂")
    return shared


def by_name(spans: list[Collected]) -> dict[str, Collected]:
    """Spans whose names differ."""
    assert len({span.name for span in spans}) == len(spans)
    return {span.name: span for span in spans}


def test_a_request_is_a_span_of_its_callers_trace(gateway_traced: Traced) -> None:
    """Below it a span a stage, in the stage complete the question to the engine; the engine gets
    that one as its parent."""
    answer, found = gateway_traced.trace_of("/extract", {"text": TEXT}, len(STAGES) + 2)
    spans = by_name(found)
    assert set(spans) == {"POST /extract", *STAGES, f"chat {ENGINE_NAME}"}
    server, chat = spans["POST /extract"], spans[f"chat {ENGINE_NAME}"]
    assert (server.parent, server.kind, server.failed) == (CALLER, 2, False)
    assert server.attributes == {
        "http.request.method": "POST",
        "http.route": "/extract",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "nerve.request_id": answer.headers["x-request-id"],
    }
    assert {spans[stage].parent for stage in STAGES} == {server.id}
    assert (chat.parent, chat.kind) == (spans["complete"].id, 3)
    (seen,) = gateway_traced.engine.seen
    assert seen.headers["traceparent"] == f"00-{server.trace}-{chat.id}-01"
    assert server.resource["service.name"] == "nerve"
    assert server.resource["deployment.environment.name"] == "test"


def test_the_question_has_the_conventions_of_generative_ai(gateway_traced: Traced) -> None:
    """What was asked of which model, and how many tokens it took."""
    _, found = gateway_traced.trace_of("/extract", {"text": TEXT}, len(STAGES) + 2)
    told = by_name(found)[f"chat {ENGINE_NAME}"].attributes
    assert told.pop("server.port") > 0
    assert told.pop("gen_ai.request.max_tokens") > 0
    assert told == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "vllm",
        "gen_ai.request.model": ENGINE_NAME,
        "gen_ai.request.temperature": 0.0,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 96,
        "gen_ai.usage.output_tokens": 15,
        "server.address": "127.0.0.1",
    }


def test_chunks_are_side_by_side_below_the_request(gateway_traced: Traced) -> None:
    """Each with its stages."""
    body = {"text": f"{TEXT}。" * 40}
    _, found = gateway_traced.trace_of("/extract", body, 3 + 2 * 5 + 1)
    (server,) = (span for span in found if span.kind == 2)
    completes = [span for span in found if span.name == "complete"]
    assert len(completes) > 1
    assert {span.parent for span in completes} == {server.id}
    asked = [span for span in found if span.kind == 3]
    assert {span.parent for span in asked} == {span.id for span in completes}


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_passed_on_has_a_span(gateway_traced: Traced, stream: bool) -> None:
    """Without tokens, which are not looked for in what is passed on."""
    if stream:
        gateway_traced.engine.script = streams(event("叶"), DONE)
    body = {"messages": MESSAGES, "stream": stream}
    _, found = gateway_traced.trace_of(CHAT, body, 2)
    spans = by_name(found)
    assert set(spans) == {f"POST {CHAT}", f"chat {ENGINE_NAME}"}
    chat = spans[f"chat {ENGINE_NAME}"]
    assert chat.parent == spans[f"POST {CHAT}"].id
    assert gateway_traced.engine.seen[0].headers["traceparent"].split("-")[2] == chat.id
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert "gen_ai.usage.input_tokens" not in chat.attributes


def test_a_failure_is_on_every_span_on_its_way(gateway_traced: Traced) -> None:
    """By its type."""
    gateway_traced.engine.script = fails(500, {"error": TEXT})
    answer, found = gateway_traced.trace_of("/extract", {"text": TEXT}, 6)
    spans = by_name(found)
    assert answer.status_code == 502
    failed = {name: span.attributes["error.type"] for name, span in spans.items() if span.failed}
    asked = f"chat {ENGINE_NAME}"
    assert failed == {"POST /extract": "502", "complete": "EngineError", asked: "EngineError"}


def test_no_span_has_a_text_or_a_key(gateway_traced: Traced) -> None:
    """Wherever a caller puts one, whatever fails."""
    scripts = completes("姓名：叶老桂"), fails(400, TEXT), gateway_traced.engine.hangs
    for script in scripts:
        gateway_traced.engine.script = script
        for path, body in (
            ("/extract", {"text": TEXT}),
            ("/extract", {"text": TEXT, "labels": [TEXT], "model": BASE}),
            ("/extract", {"text": TEXT, "model": TEXT}),
            ("/extract?format=hostile-7e5b", {"text": TEXT}),
            ("/hostile-7e5b?text=hostile-7e5b", {"text": TEXT}),
            (CHAT, {"messages": [{"role": "user", "content": TEXT}]}),
        ):
            gateway_traced.trace_of(path, body, 1)
    raw = gateway_traced.collector.raw
    assert not [secret for secret in (*SECRETS, KEY) if secret.encode() in raw]
    assert KEY not in gateway_traced.process.said()


def test_a_caller_without_a_trace_gets_a_new_one(gateway_traced: Traced) -> None:
    """Looks at the gateway's health have none, nor has what the gateway asks for itself."""
    before = len(gateway_traced.collector.roots())
    for path in ("/live", "/ready", "/health", "/ping", "/metrics"):
        gateway_traced.client.get(path)
    gateway_traced.client.get("/v1/models")
    until(lambda: len(gateway_traced.collector.roots()) > before)
    assert {span.name for span in gateway_traced.collector.roots()} == {"GET /v1/models"}


def test_a_trace_that_is_not_sampled_is_passed_on_and_not_sent(gateway_traced: Traced) -> None:
    """As the caller wants it."""
    _, found = gateway_traced.trace_of("/extract", {"text": TEXT}, 0, flags="00")
    (seen,) = gateway_traced.engine.seen
    _, trace, _, flags = seen.headers["traceparent"].split("-")
    assert flags == "00"
    gateway_traced.trace_of("/extract", {"text": TEXT}, 1)
    assert gateway_traced.collector.of(trace) == found == []


def test_the_log_names_the_trace(gateway_traced: Traced) -> None:
    """So that one leads to the other."""
    _, found = gateway_traced.trace_of("/extract", {"text": TEXT}, 1)
    until(lambda: f"trace_id={found[0].trace}" in gateway_traced.process.said())


def test_texts_on_request(adapters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting puts prompts and completions into the engine's spans, and nowhere else."""
    with traced(adapters, tmp_path, monkeypatch, trace_texts="true") as gateway:
        _, found = gateway.trace_of("/extract", {"text": TEXT}, len(STAGES) + 2)
        told = by_name(found)[f"chat {ENGINE_NAME}"].attributes
        assert TEXT in told["gen_ai.input.messages"]
        assert "姓名：叶老桂" in told["gen_ai.output.messages"]
        for span in found:
            if span.kind != 3:
                assert not [s for s in SECRETS if s in str(span.attributes)]
        assert TEXT not in gateway.process.said()
