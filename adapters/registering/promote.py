"""Which adapter answers by default, and when a new one may: ``adapters/registry.toml``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.data.examples import Example
from adapters.measuring.report import difference
from adapters.measuring.score import Difference
from service.models import names

# The most F1 that may be lost, in the worse end of the 95 % interval.
MARGIN = 0.01


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the default was changed, and the reason in one sentence."""

    promoted: bool
    reason: str


def promote(
    adapters: Path,
    name: str,
    gold: Sequence[Example],
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    version: str | None = None,
) -> Verdict:
    """Make ``name`` the default if its report ``new`` is no worse than ``old`` on ``gold``.

    ``old`` is the default's report; where there is no default, nothing is compared. ``version`` are
    the first digits of the sha256 of ``name``'s weights; None: any weights' report will do. No
    worse: the lower 95 % bound of the paired difference in text F1 is above -0.01. Raises
    ReportError when a report was made on other sentences, ManifestError for a registry.toml that
    cannot be used.
    """
    if new["model"] != name:
        return Verdict(False, f"the report is about {new['model']}, not about {name}")
    measured = new.get("weights") or version
    if version is not None and measured != version:
        return Verdict(False, f"the report is about the weights {measured}, not about {version}")
    named = names.read(adapters)
    if name in named.disabled:
        return Verdict(False, f"{name} is disabled in {names.FILE_NAME}")
    default = named.resolved()
    if default is None:
        names.set_default(adapters, name)
        return Verdict(True, f"{name} is the default now; there was none before")
    if old is None or old["model"] != default:
        what = "no report" if old is None else f"a report about {old['model']}"
        return Verdict(
            False, f"the default is {default}: expected its report to compare with, found {what}"
        )
    for asked, usual in (("constraint", "grounded"), ("overlaps", "longest")):
        if (was := old.get(asked, usual)) != (now := new.get(asked, usual)):
            return Verdict(
                False, f"the reports were made with {asked} {was} and {now}: expected one of them"
            )
    found = difference(gold, old, new)
    if found.interval[0] <= -MARGIN:
        return Verdict(False, f"{name} may be worse than {old['model']}: {_said(found)}")
    names.set_default(adapters, name)
    return Verdict(True, f"{name} is the default now, in place of {old['model']}: {_said(found)}")


def _said(found: Difference) -> str:
    low, high = found.interval
    return (
        f"difference in F1 {found.f1:+.4f}, 95 % from {low:+.4f} to {high:+.4f}; "
        f"expected a lower bound above {-MARGIN}"
    )
