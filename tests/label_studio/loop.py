"""The whole loop with a training in it: the real Label Studio in a real browser, the real model.

    make loop                          # after `nerve pull`; pictures go to docs/pictures

The notes of a bicycle workshop, made up for this, with three labels of its own, which the default
adapter does not know: the open one finds them. A person corrects 26 notes in the browser and
exports them; an adapter is trained on these, and labels the ten that nobody touched.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from adapters.data.examples import Example
from adapters.data.readers import read
from tests.engine.real_engine import ROOT
from tests.label_studio.browser import chromium, somebody
from tests.label_studio.clicks import Person
from tests.label_studio.service import KEY, Service
from tests.label_studio.studio import Studio
from tests.label_studio.studio import running as studio_running
from tests.support.waiting import until

HERE = Path(__file__).parent
OPEN, NAME = "open-ner-lora", "workshop"
CONFIG = (HERE / "workshop.xml").read_text(encoding="utf-8")
# start, end, label
Span = tuple[int, int, str]
# Predictions of all tasks, on a slow machine.
_PREDICT_S = 600.0


def rows(which: str) -> list[Example]:
    """Those ``to_label``, or ``unseen``."""
    return read(HERE / f"workshop.{which}.jsonl", "spans", ()).examples


def gold(example: Example) -> list[Span]:
    """Its entities."""
    return [(one.start, one.end, one.label) for one in example.entities]


def spans(task: dict[str, Any]) -> list[Span]:
    """Those that the task's first prediction has, by place."""
    values = [region["value"] for region in task["predictions"][0]["result"]]
    return sorted((one["start"], one["end"], one["labels"][0]) for one in values)


def right(example: Example, task: dict[str, Any]) -> int:
    """How many of its spans the task's prediction has."""
    return len({*spans(task)} & {*gold(example)})


@dataclass
class Clock:
    """What each part took."""

    parts: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time it, and say so at its end."""
        begun = time.monotonic()
        yield
        self.parts.append((name, time.monotonic() - begun))
        print(f"✓ {name}: {self.parts[-1][1] / 60:.1f} min", flush=True)

    def table(self) -> str:
        """As Markdown."""
        lines = [f"| {name} | {took / 60:.1f} |" for name, took in self.parts]
        total = sum(took for _, took in self.parts) / 60
        return "\n".join(["| part | minutes |", "|---|---|", *lines, f"| all | {total:.1f} |"])


@dataclass
class Loop:
    """``up`` runs what labels, at ``url``; ``train`` makes the adapter of an export."""

    person: Person
    studio: Studio
    url: str
    up: Callable[[], AbstractContextManager[object]]
    train: Callable[[Path], object]
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def walk(self) -> None:
        """From an empty project to other predictions."""
        labelled, unseen = rows("to_label"), rows("unseen")
        texts = [one.text for one in (*labelled, *unseen)]
        project = self.studio.project("Bicycle workshop", CONFIG, texts)
        self.person.log_in()
        with self._start():
            until(lambda: self._serves(OPEN), _PREDICT_S)
            with self.clock.part("connect, and predictions for 36 tasks"):
                self.person.connect(project, f"{self.url}/label-studio", KEY)
                tasks = self._predicted(project, OPEN)
            before = tasks[len(labelled) :]
            # What most is wrong with is shown, before and after.
            worst = min(range(len(before)), key=lambda at: right(unseen[at], before[at]))
            self._look(project, before, worst, "loop-before")
            with self.clock.part("26 tasks looked at, corrected and submitted"):
                for task, example in zip(tasks, labelled, strict=False):
                    self._correct(project, task, example)
            print(changes(labelled, tasks), flush=True)
        export = self.folder / "export.json"
        with self.clock.part("export"):
            self.person.export(project, export, "loop-export")
        exported = {one.text: gold(one) for one in read(export, "auto", ()).examples}
        assert exported == {one.text: gold(one) for one in labelled}, exported
        with self.clock.part("new, train, register"):
            self.train(export)
        with self._start():
            until(lambda: self._serves(NAME), _PREDICT_S)
            with self.clock.part("the new address, and predictions again"):
                self.person.move(project, f"{self.url}/label-studio/{NAME}", "loop-address")
                after = self._predicted(project, NAME)[len(labelled) :]
            self._look(project, after, worst, "loop-after")
        assert [spans(one) for one in before] != [spans(one) for one in after]
        print(compared(unseen, before, after))

    @contextmanager
    def _start(self) -> Iterator[None]:
        with self.clock.part("nerve up"):
            running = self.up()
            running.__enter__()
        try:
            yield
        finally:
            running.__exit__(None, None, None)

    def _serves(self, model: str) -> bool:
        health = f"{self.url}/label-studio/{model}/health"
        return httpx2.get(health, auth=("nerve", KEY), trust_env=False).is_success

    def _predicted(self, project: int, model: str) -> list[dict[str, Any]]:
        """Ask for predictions by clicks; the tasks when each has one of this model, first."""
        self.person.retrieve(project)
        tasks: list[dict[str, Any]] = []

        def there() -> bool:
            tasks[:] = self.studio.tasks(project)
            for task in tasks:
                found = task["predictions"]
                own = [p for p in found if p["model_version"].split("@")[0] == model]
                task["predictions"] = own
            return all(task["predictions"] for task in tasks)

        until(there, _PREDICT_S)
        return tasks

    def _look(
        self, project: int, tasks: Sequence[dict[str, Any]], shown: int, picture: str
    ) -> None:
        """In the browser the marks are on the characters that the gateway meant; a picture of
        one."""
        for place, task in enumerate(tasks):
            meant = [task["data"]["text"][start:end] for start, end, _ in spans(task)]
            named = picture if place == shown else ""
            assert self.person.look(project, task["id"], named, some=bool(meant)) == meant
        print(f"  {len(tasks)} tasks in the browser: marks on the right characters", flush=True)

    def _correct(self, project: int, task: dict[str, Any], example: Example) -> None:
        """Take wrong marks away, draw the missing ones, submit."""
        text, found, wanted = example.text, spans(task), gold(example)
        assert task["data"]["text"] == text
        self.person.look(project, task["id"], some=bool(found))
        for place in reversed(range(len(found))):
            if found[place] not in wanted:
                self.person.take_away(place)
        for start, end, label in wanted:
            if (start, end, label) not in found:
                self.person.mark(label, text[start:end], text[:start].count(text[start:end]))
        self.person.submit()


def compared(
    unseen: Sequence[Example], before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> str:
    """The unseen texts as Markdown: what was found before and after, and span F1."""
    lines = ["| text | before | after |", "|---|---|---|"]
    for example, *both in zip(unseen, before, after, strict=True):
        cells = [_shown(example, spans(task)) for task in both]
        lines.append(f"| {example.text} | {' | '.join(cells)} |")
    for name, tasks in (("before", before), ("after", after)):
        good = sum(right(one, task) for one, task in zip(unseen, tasks, strict=True))
        found, wanted = sum(len(spans(one)) for one in tasks), sum(len(gold(one)) for one in unseen)
        f1 = 2 * good / (found + wanted)
        lines.append(f"\n{name}: {found} found, {good} of {wanted} right, span F1 {f1:.3f}")
    return "\n".join(lines)


def changes(labelled: Sequence[Example], tasks: Sequence[dict[str, Any]]) -> str:
    """How much a person had to do."""
    both = [({*spans(task)}, {*gold(one)}) for one, task in zip(labelled, tasks, strict=False)]
    away = sum(len(found - wanted) for found, wanted in both)
    drawn = sum(len(wanted - found) for found, wanted in both)
    as_is = sum(found == wanted for found, wanted in both)
    return (
        f"  {away} marks taken away, {drawn} drawn; {as_is} of {len(both)} tasks were right, and "
        f"{sum(len(found) for found, _ in both) - away} of {sum(len(g) for _, g in both)} marks"
    )


def _shown(example: Example, found: Sequence[Span]) -> str:
    wanted = gold(example)
    marks = (
        f"{label} {example.text[start:end]}{'' if (start, end, label) in wanted else ' ✗'}"
        for start, end, label in found
    )
    return "; ".join(marks) or "—"


def train(service: Service, export: Path) -> None:
    """The commands as a person types them."""
    config, work = service.folder / "config.xml", service.folder / NAME
    config.write_text(CONFIG, encoding="utf-8")
    service.run("adapter", "new", NAME, export, "--labels", config)
    recipe = service.folder / "adapters" / NAME / "recipe.toml"
    service.run("adapter", "train", recipe, export, "--work", work)
    service.run("adapter", "register", work, NAME)


def main() -> None:
    """Fails where a step does."""
    chromium()  # before all that takes time
    with (
        tempfile.TemporaryDirectory() as place,
        studio_running(ROOT / ".nerve", Path(place)) as studio,
        somebody(studio, 1000, 520) as person,
    ):
        service = Service.of(Path(place) / "nerve")
        loop = Loop(
            person,
            studio,
            service.url,
            service.up,
            lambda export: train(service, export),
            service.folder,
        )
        loop.walk()
        print(loop.clock.table())


if __name__ == "__main__":
    main()
