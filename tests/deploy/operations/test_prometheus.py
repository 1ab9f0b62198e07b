"""The real Prometheus: its own checks of our files, and one that scrapes a running gateway."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2
import pytest
import yaml

from tests.conftest import BASE, running
from tests.deploy.operations.observing import PROMETHEUS, alert_queries, names_in, panel_queries
from tests.support.fake_engine import streams
from tests.support.openai_script import CHAT, DONE, STREAM, event
from tests.support.scoring import calibrated_adapters, surely
from tests.support.serving import free_port
from tests.support.tools import output_of, tool
from tests.support.waiting import until

pytestmark = pytest.mark.prometheus

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


def test_promtool_accepts_the_configuration() -> None:
    """And the rule files that it names."""
    output_of("promtool", "check", "config", PROMETHEUS / "prometheus.yml")


def test_promtool_accepts_the_rules() -> None:
    """Recorded series and alerts."""
    files = PROMETHEUS / "rules.yml", PROMETHEUS / "alerts.yml"
    output_of("promtool", "check", "rules", *files)


def test_every_alert_fires_when_it_should() -> None:
    """And not before; with the words that people will read."""
    output_of("promtool", "test", "rules", PROMETHEUS / "alerts_test.yml")


async def answers(body: dict[str, Any], *channel: Any) -> None:
    """A script: a stream where one is asked for, else a completion that loses something."""
    told = surely("姓名：叶老桂\n公司：招商银行\n胡言")
    await (streams(event("叶"), DONE) if body.get("stream") else told)(body, *channel)


class Prometheus:
    """A running server, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self.client = httpx2.Client(base_url=url, timeout=10, trust_env=False)

    def query(self, expression: str) -> list[Any]:
        """The series of an instant query; fails if it is none."""
        answer = self.client.get("/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, answer.text
        result: list[Any] = answer.json()["data"]["result"]
        return result

    def has(self, expression: str) -> bool:
        """Are there series, at once or after the next scrapes? One that took too long on a busy
        machine leaves none until then."""
        with suppress(AssertionError):
            until(lambda: bool(self.query(expression)), within_s=20)
            return True
        return False

    def is_ready(self) -> bool:
        """Does it answer?"""
        try:
            return self.client.get("/-/ready").status_code == 200
        except httpx2.TransportError:
            return False


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with our configuration, after it has seen a gateway at work."""
    program, folder = tool("prometheus"), tmp_path_factory.mktemp("prometheus")
    adapters = calibrated_adapters(tmp_path_factory.mktemp("adapters"))
    with running(adapters) as gateway:
        config = folder / "prometheus.yml"
        config.write_text(json.dumps(configuration(gateway.url)))
        address = f"127.0.0.1:{free_port()}"
        command = [
            program,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
            "--enable-feature=exemplar-storage",
        ]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            server = Prometheus(f"http://{address}")
            until(server.is_ready, within_s=30)
            gateway.engine.script = answers
            seen = "min(count_over_time(nerve_completions_total[1m])) >= 3"
            while not server.query(seen) or not server.query("nerve:http_faults:ratio_rate5m"):
                gateway.extract("叶老桂说叶老桂")
                gateway.client.post("/extract", json={"text": "甲"}, headers=SAMPLED)
                gateway.client.post(CHAT, json=STREAM, headers=SAMPLED)
                gateway.extract("甲", model=BASE)
                gateway.extract("甲", model="nobody")
            yield server
        finally:
            server.client.close()
            process.terminate()
            process.wait(20)


def configuration(gateway: str) -> dict[str, Any]:
    """Ours, but with the address of a test's gateway, no engine, and in a hurry."""
    config: dict[str, Any] = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
    config["rule_files"] = [str(PROMETHEUS / name) for name in config["rule_files"]]
    (job,) = (job for job in config["scrape_configs"] if job["job_name"] == "nerve")
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [gateway.removeprefix("http://")]}]
    return config | {"scrape_configs": [job]}


@pytest.mark.parametrize("place", panel_queries())
def test_every_panel_shows_data(prometheus: Prometheus, place: str) -> None:
    """Each query of the dashboards parses; those of our metrics have data."""
    # It has run for seconds: of last week it knows nothing.
    query = panel_queries()[place].replace(" offset 1w", "")
    prometheus.query(query)
    if not any(name.startswith("vllm:") for name in names_in(query)):
        assert prometheus.has(query)


@pytest.mark.parametrize("alert", alert_queries())
def test_every_alert_has_data_to_judge(prometheus: Prometheus, alert: str) -> None:
    """Its query parses, and the series that it asks for exist."""
    query = alert_queries()[alert]
    prometheus.query(query)
    for name in names_in(query):
        if not name.startswith("vllm:"):
            assert prometheus.has(name), name


def test_creation_times_are_not_stored(prometheus: Prometheus) -> None:
    """They would double the number of series."""
    assert not prometheus.query('{__name__=~".+_created"}')


@pytest.mark.parametrize(
    "histogram",
    [
        "nerve_http_request_duration_seconds",
        "nerve_gateway_overhead_seconds",
        "nerve_stage_duration_seconds",
        "nerve_time_to_first_token_seconds",
    ],
)
def test_a_measured_time_leads_to_its_trace(prometheus: Prometheus, histogram: str) -> None:
    """Prometheus asks for OpenMetrics, and keeps the exemplars of each histogram of time."""
    asked = {"query": f"{histogram}_bucket", "start": "0", "end": "99999999999"}
    answer = prometheus.client.get("/api/v1/query_exemplars", params=asked).json()
    found = [exemplar for series in answer["data"] for exemplar in series["exemplars"]]
    assert {exemplar["labels"]["trace_id"] for exemplar in found} == {TRACE}
