"""The site's reference is made from the code, so nothing can be missing or stale."""

import json
import re
from typing import get_args

import pytest

from deploy.commands.running import VARIABLES
from deploy.site.adapters_page import ADAPTERS, adapters_page
from deploy.site.commands_page import commands, commands_page
from deploy.site.errors_page import BRANCHES, errors_page, tree
from deploy.site.metrics_page import metrics_page
from deploy.site.openapi_page import document, openapi_json, openapi_page
from deploy.site.settings_page import settings_page
from service.errors import NerveError
from service.models.manifest import load_all
from service.models.metrics import every_series
from service.ner.types import Reason
from service.observe.engine_metrics import OUTCOMES
from service.observe.metrics import STAGES
from service.settings import Settings


def row(page: str, first: str) -> list[str]:
    """The cells of the one row that begins with ``first``."""
    found = [line for line in page.splitlines() if line.startswith(f"| {first} |")]
    assert len(found) == 1, (first, found)
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", found[0])[1:-1]]


def test_every_setting_is_there() -> None:
    """With type, unit, default, limits and meaning; and the commands' variables."""
    page = settings_page()
    for name, field in Settings.model_fields.items():
        assert row(page, f"`NERVE_{name.upper()}`")[5] == field.description.replace("|", "\\|")  # type: ignore[union-attr]
    for name in (*VARIABLES, "HF_ENDPOINT"):
        assert row(page, f"`{name}`")[2]
    deadline = ["`NERVE_DEADLINE_S`", "number", "seconds", "`60`", "above 0, at most 86400"]
    assert row(page, "`NERVE_DEADLINE_S`")[:5] == deadline
    assert row(page, "`NERVE_PORT`")[4] == "at least 1, at most 65535"
    assert row(page, "`NERVE_MAX_BODY_BYTES`")[1:5] == ["number", "bytes", "`2000000`", "above 0"]
    assert row(page, "`NERVE_ALLOW_NO_KEYS`")[3] == "`false`"
    assert row(page, "`NERVE_ADMIN_KEY`")[1:4] == ["secret", "", ""]


def test_every_metric_is_there() -> None:
    """With type, labels and buckets; stages and outcomes are listed."""
    page = metrics_page()
    for family in every_series().collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert row(page, f"`{name}`")[1] == family.type
    requests = row(page, "`nerve_http_requests_total`")
    assert requests[2] == "`route`, `method`, `status`"
    assert row(page, "`nerve_stage_duration_seconds`")[4].endswith("30, 60, inf")
    assert all(f"`{word}`" in page for word in (*STAGES, *OUTCOMES))


def test_every_evaluation_of_an_adapter_is_there() -> None:
    """As its manifest has it, so that no figure is copied."""
    page = adapters_page()
    for adapter in load_all(ADAPTERS):
        part = page.split(f"\n## {adapter.name}\n")[1].split("\n## ")[0]
        assert all(label.name in part for label in adapter.labels)
        for one in adapter.evaluation:
            cells = row(part, one.split)
            assert (cells[1], cells[5]) == (str(one.sentences), one.date)
            assert one.span_f1 is None or cells[4].startswith(f"{one.span_f1:.3f} (")


def test_every_error_is_there() -> None:
    """With its status and type; and why a mention is dropped."""
    page = errors_page()
    for cls in tree(NerveError):
        if cls not in BRANCHES:
            assert f"| {cls.status} | `{cls.type}` | `{cls.__name__}` |" in page
    assert all(f"`{reason}`" in page for reason in get_args(Reason))


def test_every_command_is_there_with_every_option() -> None:
    """Those that the READMEs have to have, too: it is one list."""
    page = commands_page()
    for name, command in commands().items():
        part = page.split(f"\n## nerve {name}\n")[1].split("\n## ")[0]
        assert f"nerve {name} [OPTIONS]" in part
        for one in command.params:
            if one.param_type_name == "option":
                assert all(f"`{option}`" in part for option in one.opts)
            assert not one.help or " ".join(one.help.split()) in part.replace("\\|", "|")
    assert "`grounded`, `schema`, `none`" in page


def test_every_route_and_every_field_is_there() -> None:
    """Links between objects hold; the document is there as a file."""
    page, found = openapi_page(), document()
    for path, routes in found["paths"].items():
        for method in routes:
            row(page, f"`{method.upper()} {path}`")
    for name, schema in found["components"]["schemas"].items():
        part = page.split(f"\n### {name}\n")[1].split("\n### ")[0]
        assert all(f"| `{field}` |" in part for field in schema.get("properties", {}))
    named = {name.lower() for name in found["components"]["schemas"]}
    assert set(re.findall(r"\]\(#(\w+)\)", page)) <= named
    assert json.loads(openapi_json()) == found


def test_the_environment_has_no_say_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference that is built where the service runs is the same."""
    before = settings_page(), openapi_page()
    monkeypatch.setenv("NERVE_PORT", "9999")
    monkeypatch.setenv("NERVE_HOST", "0.0.0.0")
    assert (settings_page(), openapi_page()) == before
