"""What a check found, and how it is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.text import Text

Mark = Literal["✓", "!", "✗"]

_COLOURS: dict[Mark, str] = {"✓": "green", "!": "yellow", "✗": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """✓ is well, ! is worth knowing, ✗ must be mended; ``text`` says what it is and what to do."""

    mark: Mark
    subject: str
    text: str


def well(subject: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding("✓", subject, text)


def note(subject: str, text: str) -> Finding:
    """May be meant so."""
    return Finding("!", subject, text)


def wrong(subject: str, text: str) -> Finding:
    """Has to be mended."""
    return Finding("✗", subject, text)


def show(console: Console, findings: Iterable[Finding]) -> int:
    """One line each, as they come; the number of those that must be mended."""
    failed = 0
    for one in findings:
        line = Text.assemble((one.mark, _COLOURS[one.mark]), f" {one.subject}: {one.text}")
        console.print(line, soft_wrap=True)
        failed += one.mark == "✗"
    return failed
