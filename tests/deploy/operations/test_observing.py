"""What is measured is looked at, and what wakes somebody says what to do. No program needed."""

import re
from pathlib import Path

import pytest
import yaml

from service.models.metrics import every_series
from service.observe.access_log import LOOKS
from tests.deploy.operations.observing import (
    DASHBOARDS,
    GRAFANA,
    PROMETHEUS,
    alert_queries,
    dashboard,
    names_in,
    panel_queries,
    panels,
    places,
    rules,
)
from tests.support.tools import ROOT

RUNBOOK = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def looked_at() -> set[str]:
    """Every series that a panel or an alert asks for, by itself or through a recorded one."""
    names = set()
    for query in (*panel_queries().values(), *alert_queries().values()):
        names |= names_in(query)
    for rule in rules("rules.yml"):
        if rule["record"] in names:
            names |= names_in(rule["expr"])
    return names


def test_every_metric_is_in_a_panel_or_an_alert() -> None:
    """A metric that nobody looks at is a cost."""
    assert not [metric for metric, looks in places().items() if not looks]


def test_panels_and_alerts_ask_for_nothing_that_does_not_exist() -> None:
    """Ours are in the code or recorded; the engine's are checked on a real engine."""
    samples = {
        name
        for family in every_series().collect()
        for name in (family.name, *(f"{family.name}_{part}" for part in ("total", "bucket")))
    }
    ours = {name for name in looked_at() if not name.startswith("vllm:")}
    assert ours <= samples | {rule["record"] for rule in rules("rules.yml")}


def test_looks_at_the_gateways_health_are_no_requests() -> None:
    """What leaves one of them out leaves them all out, as the access log does."""
    queries = [*panel_queries().values(), *alert_queries().values()]
    queries += [rule["expr"] for rule in rules("rules.yml")]
    left_out = [found for query in queries for found in re.findall(r'route!~"([^"]*)"', query)]
    assert left_out
    assert {frozenset(routes.split("|")) for routes in left_out} == {LOOKS}


def test_every_recorded_series_is_used() -> None:
    """Else the rule is a deletion that waits."""
    assert {rule["record"] for rule in rules("rules.yml")} <= looked_at()


@pytest.mark.parametrize("alert", rules("alerts.yml"), ids=lambda rule: rule["alert"])
def test_every_alert_has_its_entry_in_the_runbook(alert: dict[str, dict[str, str]]) -> None:
    """Its link leads to a heading, under which stand what it means and what to do first."""
    file, anchor = alert["annotations"]["runbook_url"].split("#")
    assert (ROOT / file).read_text(encoding="utf-8") == RUNBOOK
    entries = dict(re.findall(r"^#### (\w+)\n\n(.+)$", RUNBOOK, re.MULTILINE))
    (entry,) = [text for heading, text in entries.items() if heading.lower() == anchor]
    assert "First: " in entry
    assert alert["labels"]["severity"] in ("page", "ticket")


def test_the_runbook_has_no_entry_without_an_alert() -> None:
    """A removed alert leaves no trace."""
    assert set(re.findall(r"^#### (Nerve\w+)$", RUNBOOK, re.MULTILINE)) == set(alert_queries())


def test_every_alert_has_a_case() -> None:
    """One in which it fires, one in which it does not; promtool runs them."""
    cases = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
    checks = [check for case in cases for check in case["alert_rule_test"]]
    for fires in (True, False):
        assert {c["alertname"] for c in checks if bool(c.get("exp_alerts")) is fires} == set(
            alert_queries()
        )


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_can_be_read(path: Path) -> None:
    """It has a title, a sentence, a unit, a place of its own, and the provisioned data source."""
    provisioned = (GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text()
    (source,) = yaml.safe_load(provisioned)["datasources"]
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in dashboard(path.name)["panels"]]
    assert len(ids) == len(set(ids))
    for panel in panels(path.name):
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken
        taken |= cells
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == source["uid"]


def test_prometheus_scrapes_what_compose_starts() -> None:
    """By the names that the containers have there; engine-1 is that of two-gpus.yml."""
    jobs = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    found = {name for job in jobs for sd in job.get("dns_sd_configs", []) for name in sd["names"]}
    names = set(COMPOSE["services"]) | {
        alias
        for service in COMPOSE["services"].values()
        for network in (service.get("networks") or {}).values()
        for alias in (network or {}).get("aliases", [])
    }
    assert found == {"gateway", "engine", "engine-1"}
    assert found <= names | {"engine-1"}
