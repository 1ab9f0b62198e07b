"""Which adapter answers by default, and when a new one may: ``adapters/registry.toml``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.data.examples import Example
from adapters.measuring.report import difference
from adapters.measuring.score import Difference
from service.models import manifest, names
from service.models.served import Served

# The most F1 that may be lost, in the worse end of the 95 % interval.
MARGIN = 0.01
# Sentences with an entity: of fewer the interval says nothing, and of one it has no width.
LEAST = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether what was asked about is the default now, and no worse; the reason in one sentence."""

    promoted: bool
    reason: str


def promote(
    adapters: Path,
    name: str,
    gold: Sequence[Example],
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    version: str | None = None,
    base: str | None = None,
) -> Verdict:
    """Make ``name`` the default if its report ``new`` is no worse than ``old`` on ``gold``.

    ``old`` is the default's report, or, where the default does not take the labels of ``gold``, the
    report of whatever answers for them today; where there is no default, nothing is compared.
    ``version`` are the first digits of the sha256 of ``name``'s weights; None: any weights' report
    will do. ``base`` is the model that is served; None: any. No worse: the lower 95 % bound of the
    paired difference in text F1 is above -0.01, on ``LEAST`` sentences with an entity or more.
    Raises ReportError when a report was made on other sentences, ManifestError for a registry.toml
    or a manifest that cannot be used.
    """
    if against := _of_another(new, name, version):
        return Verdict(False, against)
    named = names.read(adapters)
    if name in named.disabled:
        return Verdict(False, f"{name} is disabled in {names.FILE_NAME}")
    if against := base and _of_another_base(adapters / name, base):
        return Verdict(False, against)
    default = named.resolved()
    if default is None:
        names.set_default(adapters, name)
        return Verdict(True, f"{name} is the default now; there was none before")
    takes = _takes(adapters, default, gold)
    if old is None or (takes and old["model"] != default) or old["model"] == name != default:
        return Verdict(False, _expected(default, takes, old))
    if against := (
        _asked_differently(old, new) or _of_old_weights(adapters, old, name) or _too_few(gold)
    ):
        return Verdict(False, against)
    found = difference(gold, old, new)
    if default == name:
        return _of_itself(name, found)
    if not _is_no_worse(found):
        return Verdict(False, f"{name} may be worse than {old['model']}: {_said(found)}")
    names.set_default(adapters, name)
    other = "" if old["model"] == default else f", and no worse than {old['model']}"
    return Verdict(True, f"{name} is the default now, in place of {default}{other}: {_said(found)}")


def _of_another(report: Mapping[str, Any], name: str, version: str | None) -> str | None:
    """That the report is about another adapter, or about other weights."""
    if report["model"] != name:
        return f"the report is about {report['model']}, not about {name}"
    measured = report.get("weights") or version
    if version is not None and measured != version:
        return f"the report is about the weights {measured}, not about {version}"
    return None


def _of_another_base(folder: Path, base: str) -> str | None:
    """That ``base`` would have no default then, and answer itself, untuned."""
    its = manifest.load(folder).base
    if its == base:
        return None
    return f"{folder.name} is for {its}; expected an adapter of {base}, which NERVE_BASE_MODEL says"


def _takes(adapters: Path, name: str, gold: Sequence[Example]) -> bool:
    """Does this adapter answer for the labels of ``gold``? One that is not here is asked."""
    if not (adapters / name / manifest.FILE_NAME).is_file():
        return True
    labels = {entity.label for example in gold for entity in example.entities}
    return Served.tuned(manifest.load(adapters / name)).takes([*labels])


def _expected(default: str, takes: bool, old: Mapping[str, Any] | None) -> str:
    found = "no report" if old is None else f"a report about {old['model']}"
    if takes:
        return f"the default is {default}: expected its report to compare with, found {found}"
    return (
        f"the default, {default}, does not take the labels of these rows: expected a report about "
        f"what answers for them to compare with, found {found}"
    )


def _asked_differently(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """That the two cannot be compared, since the service was not asked for the same."""
    usual = {"constraint": "grounded", "overlaps": "longest", "end_bias": None}
    # A threshold of the manifest holds for calibrated scores alone.
    for asked, left_out in {**usual, "scores": "calibrated"}.items():
        if (was := old.get(asked, left_out)) != (now := new.get(asked, left_out)):
            said = (
                f"its manifest's {asked}" if one is None else f"{asked} {one}" for one in (was, now)
            )
            return f"the reports were made with {' and '.join(said)}: expected one of them"
    return None


def _of_old_weights(adapters: Path, old: Mapping[str, Any], name: str) -> str | None:
    """That the old report is about weights which its adapter has no longer; ``name``'s own may."""
    model, measured = old["model"], old.get("weights")
    if model == name or not measured or not (adapters / model / manifest.FILE_NAME).is_file():
        return None
    now = manifest.load(adapters / model).version
    if measured == now:
        return None
    return f"the report about {model} is of its weights {measured}; it has {now} now: measure these"


def _too_few(gold: Sequence[Example]) -> str | None:
    told = sum(1 for example in gold if example.entities)
    if told >= LEAST:
        return None
    return (
        f"{told} of these sentences have an entity; expected {LEAST} or more to judge by: measure "
        "on others that were not trained on"
    )


def _of_itself(name: str, found: Difference) -> Verdict:
    """Of the default, whose weights may have been replaced since its old report."""
    no_worse = _is_no_worse(found)
    said = (
        "is the default already, and no worse"
        if no_worse
        else "stays the default, but may be worse"
    )
    return Verdict(no_worse, f"{name} {said} than in its old report: {_said(found)}")


def _is_no_worse(found: Difference) -> bool:
    return found.interval[0] > -MARGIN


def _said(found: Difference) -> str:
    low, high = found.interval
    return (
        f"difference in F1 {found.f1:+.4f}, 95 % from {low:+.4f} to {high:+.4f}; "
        f"expected a lower bound above {-MARGIN}"
    )
