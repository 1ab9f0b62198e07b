"""From many sources to packs for an adapter that takes any labels: one source and one list a pack.

A pack's labels are some that its rows have, and negatives that are easily taken for them; they are
written in ways that change from pack to pack. Nearly every row holds something that was asked for:
a model that is mostly asked in vain learns to answer "none". Gold is what was asked for.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from adapters.data.augment import Pack, clauses_without_entity, join, restricted
from adapters.data.examples import Example
from adapters.mixing.label_names import write
from adapters.mixing.negatives import Nearness, nearness, negatives
from adapters.mixing.noise import roughened
from adapters.mixing.sources import Source
from adapters.mixing.title_marks import marked, told, with_marks
from adapters.recipe import Recipe
from adapters.recipe_tables import Sources, Style
from service.ner.formats import FORMATS
from service.ner.titles import counts_marks
from service.ner.types import Label

_BETWEEN = {"zh": ("", "", "\n"), "en": (" ", " ", "\n")}


def training_packs(plan: Recipe, asked: Sources, sources: Sequence[Source]) -> list[Pack]:
    """Every source's packs of every epoch, in a drawn order."""
    passes = []
    for epoch in range(plan.train.epochs):
        rng = random.Random(plan.train.seed + epoch)
        found = [pack for source in sources for pack in _packs(source, plan, asked, rng)]
        rng.shuffle(found)
        passes.append(found)
    return list(chain.from_iterable(passes))


def validation_packs(plan: Recipe, asked: Sources, sources: Sequence[Source]) -> list[Pack]:
    """The held-out rows of each source, as they are, with natural names and descriptions."""
    held_out = [
        replace(source, training=source.held_out, held_out=(), rows=len(source.held_out))
        for source in sources
        if source.held_out
    ]
    rng = random.Random(plan.train.seed)
    plain = replace(asked, noise=0.0, names={"described": 1}, titles={}, translated=0.0)
    as_is = replace(plan, data=replace(plan.data, subset=0.0, empty=0.0, joined=0.0))
    found = [pack for source in held_out for pack in _packs(source, as_is, plain, rng)]
    rng.shuffle(found)
    return _first_rows(found, plan.train.validation_rows)


def _first_rows(packs: Sequence[Pack], rows: int) -> list[Pack]:
    kept: list[Pack] = []
    for pack in packs:
        if rows <= 0:
            break
        kept.append(Pack(pack.labels, pack.examples[:rows]))
        rows -= len(pack.examples)
    return kept


def _packs(source: Source, plan: Recipe, asked: Sources, rng: random.Random) -> Iterator[Pack]:
    drawing = _Drawing.begin(source, plan, asked, rng)
    left = source.rows
    while left > 0:
        pack, used = drawing.next(min(left, plan.train.rows_a_step))
        if not used:
            return
        left -= used
        yield pack


@dataclass(slots=True)
class _Drawing:
    """``pool``: rows that no pack has yet; ``asked_for``: how often a label was a positive."""

    source: Source
    plan: Recipe
    asked: Sources
    rng: random.Random
    near: Nearness
    pool: list[Example]
    asked_for: Counter[str] = field(default_factory=Counter)

    @classmethod
    def begin(cls, source: Source, plan: Recipe, asked: Sources, rng: random.Random) -> "_Drawing":
        near = nearness(source.labels, source.training)
        pool = rng.sample(source.training, len(source.training))
        return cls(source, plan, asked, rng, near, pool)

    def next(self, size: int) -> tuple[Pack, int]:
        """A pack of ``size`` rows or fewer, and how many rows of the pool it took."""
        names = self._names()
        rows, used = self._rows(names, size)
        self.rng.shuffle(rows)
        labels = self._written(names)
        return Pack(labels, tuple(self._varied(self._titled(rows, labels)))), used

    def _names(self) -> list[str]:
        """The labels that are asked for, in a drawn order."""
        count = self._count()
        positives = self._positives(max(1, round(count * self.rng.uniform(0.4, 0.9))))
        self.asked_for.update(positives)
        count -= len(positives)
        names = positives + negatives(positives, self.source.labels, self.near, count, self.rng)
        self.rng.shuffle(names)
        return names

    def _count(self) -> int:
        most = min(self.asked.labels, len(self.source.labels))
        if self.rng.random() < self.plan.data.subset:
            return self.rng.randint(1, most)
        return self.rng.randint(max(1, most * 2 // 3), most)

    def _positives(self, count: int) -> list[str]:
        """Labels of rows, the label first that was asked for least."""
        seen = sorted({entity.label for row in self.pool for entity in row.entities})
        if not seen:
            return []
        self.rng.shuffle(seen)
        found = [min(seen, key=self.asked_for.__getitem__)]
        mates = [row for row in self.pool if any(one.label == found[0] for one in row.entities)]
        for row in chain(mates[: count * 2], self.pool):
            found += sorted({one.label for one in row.entities} - set(found))
            if len(found) >= count:
                break
        return found[:count]

    def _rows(self, names: Sequence[str], size: int) -> tuple[list[Example], int]:
        """Rows of the pool with something that is asked for, and a few without."""
        labels = [label for label in self.source.labels if label.name in names]
        wanted = sum(self.rng.random() < self.plan.data.empty for _ in range(size))
        full: list[tuple[int, Example]] = []
        empty: list[tuple[int, Example]] = []
        for place, row in enumerate(self.pool):
            one = restricted(row, labels)
            (full if one.entities else empty).append((place, one))
            if len(full) >= size - wanted and len(empty) >= wanted:
                break
        taken = full[: size - wanted] + empty[:wanted]
        places = {place for place, _ in taken}
        self.pool = [row for place, row in enumerate(self.pool) if place not in places]
        rows = [row for _, row in taken]
        return rows + self._clauses(rows, wanted - len(empty[:wanted])), len(taken)

    def _clauses(self, rows: Sequence[Example], count: int) -> list[Example]:
        """Parts of the rows that hold none of what is asked for, where whole rows are missing."""
        clauses = [clause for row in rows for clause in clauses_without_entity(row)]
        stripped = [Example(clause.text.strip(), ()) for clause in clauses if clause.text.strip()]
        return self.rng.sample(stripped, min(len(stripped), max(0, count)))

    def _varied(self, rows: Sequence[Example]) -> Iterator[Example]:
        language, left = self.source.language, list(rows)
        while left:
            row = left.pop()
            if left and self.rng.random() < self.plan.data.joined:
                between = self.rng.choice(_BETWEEN.get(language, _BETWEEN["en"]))
                both = join((row, left[-1]), between)
                if len(both.text) <= self.plan.max_chars:
                    left.pop()
                    row = both
            noisy = self.rng.random() < self.asked.noise
            yield roughened(row, language, self.rng) if noisy else row

    def _titled(self, rows: Sequence[Example], labels: Sequence[Label]) -> list[Example]:
        """Rows with marks around some titles of works, entities as the descriptions have them."""
        if not self._titles:
            return list(rows)
        inside = {label.name for label in labels if counts_marks(label.description)}
        return [with_marks(marked(row, self._titles, self.rng), inside) for row in rows]

    @property
    def _titles(self) -> Sequence[str]:
        return self.asked.titles.get(self.source.name, ())

    def _written(self, names: Sequence[str]) -> tuple[Label, ...]:
        by_name = {label.name: label for label in self.source.labels}
        language, other = self.source.language, self.source.other
        if other and self.rng.random() < self.asked.translated:
            by_name, language = {**by_name, **other}, "en" if language == "zh" else "zh"
        by_name |= {name: told(by_name[name], self.rng) for name in self._titles}
        labels = [by_name[name] for name in names]
        weights = self.asked.names
        style: Style = self.rng.choices(list(weights), list(weights.values()))[0]
        return write(labels, style, language, FORMATS[self.plan.format], self.rng)
