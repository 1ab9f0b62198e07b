"""A bar with the rows done, their rate, and the time left; nothing where nobody looks."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Rate(ProgressColumn):
    """Rows a second, of the last seconds."""

    def render(self, task: Task) -> Text:
        """Unknown before the first rows."""
        return Text(f"{task.speed:.1f} rows/s" if task.speed else "– rows/s", "cyan")


def bar_of(console: Console, total: int, before: int) -> Progress:
    """With one task, ``before`` of whose rows were done by earlier runs."""
    bar = Progress(
        TextColumn("rows"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    bar.add_task("rows", total=total, completed=before)
    return bar
