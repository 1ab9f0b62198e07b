"""The reference of metrics, from ``service/observe/metrics.py``."""

from prometheus_client.metrics import MetricWrapperBase

from deploy.site.markdown import code, page, table
from service.models.metrics import every_series
from service.observe.engine_metrics import OUTCOMES
from service.observe.metrics import STAGES

Row = tuple[str, str, str, str, str]


def metrics_page() -> str:
    """Every series with its type, labels, meaning and buckets."""
    registry = every_series()
    # The library tells a metric's labels and buckets in private attributes only.
    known = {
        name: one
        for one, names in registry._collector_to_names.items()
        if isinstance(one, MetricWrapperBase)
        for name in names
    }
    rows: list[Row] = []
    for family in registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        one = known.get(family.name)
        labels = ", ".join(map(code, one._labelnames)) if one else ""
        rows.append((code(name), family.type, labels, family.documentation, _buckets(one)))
    return page(
        "Metrics",
        "Of `GET /metrics`. Label values come from closed sets. What they mean together, and how "
        "they are watched: [the gateway](../../service/README.md#metrics), "
        "[alerts and dashboards](../../deploy/README.md#watching-it).",
        table(("metric", "type", "labels", "meaning", "buckets"), rows),
        "`stage` is one of " + ", ".join(map(code, STAGES)) + ".",
        "`outcome` is one of " + ", ".join(map(code, OUTCOMES)) + ".",
    )


def _buckets(one: MetricWrapperBase | None) -> str:
    bounds = getattr(one, "_upper_bounds", ())
    return ", ".join(f"{bound:g}" for bound in bounds)
