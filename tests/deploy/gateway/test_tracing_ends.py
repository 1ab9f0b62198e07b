"""A collector that is far, gone or never named, and the last spans of a gateway that ends."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from deploy.gateway import tracing
from tests.conftest import BASE, ENGINE_NAME, Gateway
from tests.deploy.gateway.collector import Collector
from tests.deploy.gateway.gateway_process import gateway_process
from tests.deploy.gateway.test_tracing import CALLER, KEY, TEXT, TRACE
from tests.support.fake_engine import FakeEngine, completes
from tests.support.openai_script import CHAT, MESSAGES
from tests.support.serving import free_port, serving
from tests.support.tools import ROOT


def test_what_is_left_is_sent_at_the_end(
    adapters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However seldom spans are sent."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")
    engine, collector = FakeEngine(BASE, ENGINE_NAME), Collector()
    with serving(engine) as engine_url, serving(collector) as collector_url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector_url)
        with gateway_process(adapters, engine_url, tmp_path, drain_s=0) as process:
            httpx2.get(f"{process.url}/v1/models", trust_env=False)
            assert not collector.roots()
            assert process.end() == 0
        assert [span.name for span in collector.roots()] == ["GET /v1/models"]


def test_a_collector_that_is_not_there_hurts_nobody(
    adapters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests are answered, and the end waits for it a few seconds at most."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    engine = FakeEngine(BASE, ENGINE_NAME)
    engine.script = completes("姓名：叶老桂")
    with (
        serving(engine) as engine_url,
        gateway_process(adapters, engine_url, tmp_path, drain_s=0) as process,
    ):
        for _ in range(20):
            url = f"{process.url}/extract"
            answer = httpx2.post(url, json={"text": TEXT}, timeout=20, trust_env=False)
            assert answer.status_code == 200
        started = time.monotonic()
        assert process.end() == 0
        assert time.monotonic() - started < 15


def test_without_a_collector_the_context_is_only_passed_on(gateway: Gateway) -> None:
    """The engine is in its caller's trace, also where the gateway asks in its own words."""
    for path, body in (("/extract", {"text": "甲"}), (CHAT, {"messages": MESSAGES})):
        gateway.engine.reset()
        headers = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "some=thing"}
        gateway.client.post(path, json=body, headers={**headers, "baggage": "of=the-caller"})
        (seen,) = gateway.engine.seen
        assert {name: seen.headers[name] for name in headers} == headers
        assert "baggage" not in seen.headers


@pytest.mark.parametrize("given", ["", "00-nonsense", f"00-{'0' * 32}-{CALLER}-01"])
def test_a_context_that_is_none_is_not_passed_on(gateway: Gateway, given: str) -> None:
    """The engine begins a trace of its own, if it traces."""
    gateway.client.post("/extract", json={"text": "甲"}, headers={"traceparent": given})
    assert "traceparent" not in gateway.engine.seen[0].headers


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "= 'grpc'; expected http/protobuf"),
        ({"PYTHONPATH": "{stub}"}, "expected the packages of requirements/tracing.txt"),
        ({"OTEL_EXPORTER_OTLP_HEADERS": f"Authorization: {KEY}"}, "_OTLP_HEADERS has a header"),
        ({"OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"a=b, {KEY}"}, "_TRACES_HEADERS has a header"),
    ],
)
def test_what_cannot_be_done_is_said_at_the_start(
    tmp_path: Path, variables: dict[str, str], says: str
) -> None:
    """A protocol that is not spoken; packages that are missing, here hidden by a broken one;
    headers that are none, without their words: they have the collector's key."""
    broken = tmp_path / "opentelemetry_sdk_is_missing"
    broken.mkdir()
    hide = "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n"
    (broken / "sitecustomize.py").write_text(hide, encoding="utf-8")
    path = os.pathsep.join((str(broken), str(ROOT)))
    env = {name: value.replace("{stub}", path) for name, value in variables.items()}
    command = [sys.executable, "-m", "deploy.commands.cli", "serve"]
    done = subprocess.run(
        command,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert says in done.stderr
    assert KEY not in done.stderr


def test_empty_variables_are_unset_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenTelemetry has it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "")
    spans = tracing.provider()
    assert spans is not None
    tracing.end(spans)


def test_without_a_collector_the_packages_are_not_even_read() -> None:
    """The gateway starts without them."""
    code = "import sys, deploy.gateway.server as s; s.tracing.provider(); "
    env = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", code + "print('opentelemetry.sdk' in sys.modules)"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "False\n", done.stderr
