"""The reference of adapters: what their manifests say was measured."""

from pathlib import Path

from deploy.site.markdown import cell, code, page, table
from service.models.manifest import Adapter, Evaluation, load_all
from service.models.toml_fields import Interval

ADAPTERS = Path(__file__).resolve().parents[2] / "adapters"


def adapters_page() -> str:
    """Every adapter with its labels, and every evaluation of it with its interval."""
    adapters = load_all(ADAPTERS)
    return page(
        "Adapters",
        "What is served, and what was measured of it, as the manifests say. Micro-F1 with its 95 % "
        "interval; of an adapter for any labels zero-shot, with labels that it was not trained on. "
        "Which one to take: [which adapter for what](../howto/which-adapter.md).",
        *(_adapter(one) for one in adapters),
    )


def _adapter(one: Adapter) -> str:
    labels = ", ".join(label.name for label in one.labels)
    says = f"any; where none are named {labels}" if one.open else labels
    rows = [_measured(evaluation) for evaluation in one.evaluation]
    head = ("data", "rows", "constraint", "text F1", "span F1", "date")
    return "\n".join(
        (
            f"## {one.name}\n",
            f"Base {code(one.base)}, rank {one.rank}. Labels: {cell(says)}. "
            f"[Its card](../../adapters/{one.name}/README.md).\n",
            table(head, rows),
        )
    )


def _measured(one: Evaluation) -> tuple[object, ...]:
    text, span = _f1(one.text_f1, one.text_interval), _f1(one.span_f1, one.span_interval)
    return one.split, one.sentences or "", one.constraint or "", text, span, one.date or ""


def _f1(value: float | None, interval: Interval | None) -> str:
    if value is None:
        return ""
    between = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
    return f"{value:.3f}{between}"
