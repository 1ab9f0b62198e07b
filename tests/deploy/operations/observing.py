"""The rules, alerts and dashboards of the checkout, read.

``python -m tests.deploy.operations.observing`` prints where each metric is looked at.
"""

import json
import re
from functools import cache
from typing import Any

import yaml

from service.models.metrics import every_series
from tests.support.tools import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"
DASHBOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))


def rules(file: str) -> list[dict[str, Any]]:
    """Every rule of a rules file."""
    groups = yaml.safe_load((PROMETHEUS / file).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard(name: str) -> dict[str, Any]:
    """One dashboard."""
    read: dict[str, Any] = json.loads((GRAFANA / "dashboards" / name).read_text(encoding="utf-8"))
    return read


def panels(name: str) -> list[dict[str, Any]]:
    """The panels of one dashboard, without its row headings."""
    return [panel for panel in dashboard(name)["panels"] if panel["type"] != "row"]


@cache
def panel_queries() -> dict[str, str]:
    """Every query of every dashboard by its place; Grafana's variables filled in."""
    return {
        f"{path.stem}: {panel['title']} {target['refId']}": _filled(target["expr"])
        for path in DASHBOARDS
        for panel in panels(path.name)
        for target in panel["targets"]
    }


def alert_queries() -> dict[str, str]:
    """The expression of every alert by its name."""
    return {rule["alert"]: rule["expr"] for rule in rules("alerts.yml")}


def names_in(query: str) -> set[str]:
    """The metrics and recorded series that a query asks for."""
    without_labels = re.sub(r'"[^"]*"', "", query)
    return set(re.findall(r"\b(?:nerve|vllm|adapter|process)[_:][a-zA-Z0-9_:]+", without_labels))


def _filled(query: str) -> str:
    return query.replace("$__rate_interval", "1m").replace("$adapter", ".*")


def places() -> dict[str, list[str]]:
    """The panels and alerts that ask for each metric, by itself or through a recorded series."""
    queries = {**panel_queries(), **{f"alert {name}": q for name, q in alert_queries().items()}}
    recorded = {rule["record"]: names_in(rule["expr"]) for rule in rules("rules.yml")}
    found: dict[str, list[str]] = {family.name: [] for family in every_series().collect()}
    for place, query in queries.items():
        asked = names_in(query)
        for name in asked | {below for one in asked for below in recorded.get(one, ())}:
            found.setdefault(family_of(name), []).append(re.sub(r" [A-Z]$", "", place))
    # A colon: the engine's, or recorded.
    return {name: sorted(set(places)) for name, places in found.items() if ":" not in name}


def family_of(series: str) -> str:
    """The metric that a series belongs to."""
    return re.sub(r"_(bucket|sum|count|total)$", "", series)


if __name__ == "__main__":
    print("| metric | panels and alerts |\n|---|---|")
    for metric, looks in places().items():
        print(f"| `{metric}` | {'; '.join(looks)} |")
