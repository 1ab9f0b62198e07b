"""A folder of labelled sources, each with its labels, for an adapter that takes any labels.

``train/<source>.jsonl`` holds rows of kind ``spans``, ``labels/<source>.json`` ``language`` and
``labels``: id → ``{"name", "description"}``. A label means something within its source only.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.data.examples import Example, bare
from adapters.data.label_file import read_labels
from adapters.data.readers import DataError, read
from adapters.mixing.held_out import parted
from adapters.recipe import Recipe
from adapters.recipe_tables import Sources
from service.ner.types import Entity, Label

_SENTENCE_END = re.compile(r"[。！？；!?;]|\. ")


@dataclass(frozen=True, slots=True)
class Source:
    """``labels``: ``name`` is the id, ``written`` the natural name; ``other``: the same by id, as
    another language has them; ``rows``: seen in an epoch."""

    name: str
    language: str
    labels: tuple[Label, ...]
    training: tuple[Example, ...]
    held_out: tuple[Example, ...]
    rows: int
    other: Mapping[str, Label]


def read_sources(folder: Path, plan: Recipe, asked: Sources) -> list[Source]:
    """Every source that the recipe takes rows of, by name; raises DataError."""
    files = {file.stem: file for file in sorted((folder / "train").glob("*.jsonl"))}
    missing = next((name for name in asked.rows if name not in files), None)
    if missing is not None:
        raise DataError(f"{folder / 'train'}: no {missing}.jsonl, which sources.rows names")
    wanted = {name: asked.rows.get(name, plan.data.rows) for name in files}
    found = [
        _source(file, folder / "labels" / f"{name}.json", plan, asked, wanted[name])
        for name, file in files.items()
        if wanted[name]
    ]
    if not found:
        raise DataError(f"{folder / 'train'}: no rows; expected files <source>.jsonl")
    return found


def cut(example: Example, longest: int) -> Example | None:
    """The sentences that fit into ``longest`` code points; None if the first does not."""
    if len(example.text) <= longest:
        return example
    ends = (match.end() for match in _SENTENCE_END.finditer(example.text, 0, longest))
    whole = [end for end in ends if not _splits(example.entities, end)]
    if not whole:
        return None
    kept = tuple(one for one in example.entities if one.end <= whole[-1])
    text = example.text[: whole[-1]]
    return Example(text.rstrip(), kept)


def _cut(examples: Sequence[Example], longest: int) -> tuple[Example, ...]:
    return tuple(one for one in (cut(example, longest) for example in examples) if one and one.text)


def _source(file: Path, labels: Path, plan: Recipe, asked: Sources, rows: int) -> Source:
    language, own = read_labels(labels)
    found = read(file, "spans", own).examples
    longest = asked.longest.get(language, plan.max_chars)
    # By whole texts, as everything that measures parts the file.
    rest, held_out = (_cut(rows, longest) for rows in parted(file, found, plan.data.held_out))
    validated = {bare(example.text) for example in held_out}
    training = tuple(one for one in rest if bare(one.text) not in validated)
    if not training:
        raise DataError(f"{file}: no row to train on is left, cut to {longest} characters")
    known = {label.name for label in own}
    _refuse_unknown(labels, "titles", asked.titles.get(file.stem, ()), known)
    said = asked.translations.get(file.stem, {})
    _refuse_unknown(labels, "translations", said, known)
    other = {name: Label(name, one["name"], one["description"]) for name, one in said.items()}
    return Source(file.stem, language, own, training, held_out, rows, other)


def _refuse_unknown(file: Path, key: str, names: Collection[str], known: Collection[str]) -> None:
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise DataError(f"{file}: no label {unknown!r}, which sources.{key}.{file.stem} names")


def _splits(entities: Sequence[Entity], place: int) -> bool:
    return any(one.start < place < one.end for one in entities)
