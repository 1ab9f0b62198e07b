"""Answers and progress on a terminal."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from deploy.terminal.seen import seen

SECONDS_BETWEEN_NEWS = 10.0

_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")


def show_answer(console: Console, text: str, answer: Mapping[str, Any]) -> None:
    """The text with its entities in colour, then one line an entity, then what was lost and why:
    dropped mentions, parts that failed, a completion that was cut off.

    ``answer`` has offsets in code points.
    """
    entities: Sequence[Mapping[str, Any]] = answer["entities"]
    labels = list(dict.fromkeys(entity["label"] for entity in entities))
    colour = {label: _COLOURS[i % len(_COLOURS)] for i, label in enumerate(labels)}
    shown = Text(seen(text))
    for entity in entities:
        shown.stylize(f"bold {colour[entity['label']]}", entity["start"], entity["end"])
    console.print(shown)
    table = Table.grid(padding=(0, 2))
    for entity in entities:
        place = f"{entity['start']}–{entity['end']}"
        table.add_row(
            place, Text(seen(entity["label"]), colour[entity["label"]]), Text(seen(entity["text"]))
        )
    console.print(table if entities else Text("no entities", "dim"))
    for mention in answer["dropped"]:
        console.print(Text(f"dropped ({mention['reason']}): {seen(mention['text'])}", "dim"))
    for part in answer.get("chunks", ()):
        place, message = f"{part['start']}–{part['end']}", part["error"]["message"]
        console.print(Text(f"{place} could not be extracted: {seen(message)}", "red"))
    if answer["truncated"]:
        console.print(Text("the completion was cut off: some entities may be missing", "red"))


def try_to_tell(tell: Callable[[str], None], line: str) -> None:
    """``tell`` it where somebody reads: a terminal that is gone keeps nothing from going on."""
    # rich ends the process where nobody reads its pipe any more.
    with suppress(OSError, UnicodeError, SystemExit):
        tell(line)


class Phases:
    """Named steps, each with a spinner while it runs and its wall time in seconds when done."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str, *, spinner: bool = True) -> Iterator[Callable[[str], None]]:
        """Show ``name`` at work; yields a function that shows a line of news beside it.

        A line with the phase's time remains. ``spinner=False`` leaves the terminal to the block.
        """
        started = time.monotonic()
        if spinner:
            with self.console.status(name) as status:
                yield self._teller(name, status)
        else:
            yield self.console.print
        self.seconds[name] = time.monotonic() - started
        seconds = (f"{self.seconds[name]:.1f} s", "dim")
        self.console.print(Text.assemble(("✓", "green"), f" {name} ", seconds))

    def warn(self, line: str) -> None:
        """A line worth keeping."""
        self.console.print(Text(line, "yellow"))

    def _teller(self, name: str, status: Status) -> Callable[[str], None]:
        """News beside the spinner; without a terminal, now and then a line of its own."""
        last = time.monotonic()

        def tell(news: str) -> None:
            nonlocal last
            if self.console.is_terminal:
                status.update(_one_line(f"{name} … ", news))
            elif time.monotonic() - last > SECONDS_BETWEEN_NEWS:
                last = time.monotonic()
                self.console.print(
                    _one_line(f"  {name} … ", news), no_wrap=True, overflow="ellipsis"
                )

        return tell


def _one_line(name: str, news: str) -> Text:
    return Text.assemble(name, (news.strip(), "dim"), no_wrap=True, overflow="ellipsis")
