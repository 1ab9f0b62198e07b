"""Which adapter answers by default, and when a new one may: ``adapters/registry.toml``."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.data import Example
from adapters.report import difference
from adapters.score import Difference

FILE_NAME = "registry.toml"

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
) -> Verdict:
    """Make ``name`` the default if its report ``new`` is no worse than ``old`` on ``gold``.

    ``old`` None: there is no default yet. No worse: the lower 95 % bound of the paired difference
    in text F1 is above -0.01. Raises ReportError when a report was made on other sentences.
    """
    if new["model"] != name:
        return Verdict(False, f"the report is about {new['model']}, not about {name}")
    if old is None:
        _set_default(adapters / FILE_NAME, name)
        return Verdict(True, f"{name} is the default now; there was none before")
    found = difference(gold, old, new)
    if found.interval[0] <= -MARGIN:
        return Verdict(False, f"{name} may be worse than {old['model']}: {_said(found)}")
    _set_default(adapters / FILE_NAME, name)
    return Verdict(True, f"{name} is the default now, in place of {old['model']}: {_said(found)}")


def _said(found: Difference) -> str:
    low, high = found.interval
    return (
        f"difference in F1 {found.f1:+.4f}, 95 % from {low:+.4f} to {high:+.4f}; "
        f"expected a lower bound above {-MARGIN}"
    )


def _set_default(path: Path, name: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    # A key of the file itself must stand above its first table.
    tables = [place for place, line in enumerate(lines) if line.lstrip().startswith("[")]
    head = lines[: tables[0]] if tables else lines
    kept = [line for line in head if line.split("=")[0].strip() != "default"]
    text = "\n".join([*kept, f'default = "{name}"', *lines[len(head) :]]) + "\n"
    tomllib.loads(text)
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
