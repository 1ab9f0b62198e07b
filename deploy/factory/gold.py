"""Gold rows for a measurement: which file, how it is read, which of its rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from adapters import recipe
from adapters.data.examples import Example, label_counts, split
from adapters.data.readers import DataError, Kind, Read, read
from adapters.data.readers.entity import label_meant
from adapters.data.unseen import refuse_seen
from service.models import names
from service.models.manifest import FILE_NAME, load
from service.models.served import Served
from service.ner.types import Label
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person says of labelled rows; 0 ``held_out`` are all rows, 0 ``rows`` no limit, no
    ``encoding`` as the file's bytes tell."""

    file: Path
    kind: Kind = "auto"
    held_out: int = 0
    rows: int = 0
    skip_bad: bool = False
    encoding: str = ""


def gold_rows(
    settings: Settings,
    wanted: Wanted,
    tell: Callable[[str], None],
    *,
    model: str | None,
    also: Sequence[str] = (),
    asked: Sequence[Label] = (),
) -> list[Example]:
    """The rows that ``model`` is measured on, and the models ``also``; ``asked`` are the labels
    asked for, ``tell`` hears of rows and labels that were left out.

    With ``asked`` rows may have any labels, and gold is cut to what is asked for. Without, labels
    are those of the adapter ``model`` if it is in the adapters folder and no open one, else the
    file's own; where bad rows are skipped, gold is cut to these: which rows there are does not hang
    on labels, so that reports on one file can be compared. Raises DataError, also when no row or
    nothing that is asked for is left, or when more are to be held out than an adapter's training
    held out: it has seen those.
    """
    folder = _folder(settings, model)
    others = [_folder(settings, name) for name in also]
    _refuse_trained_on(folder, wanted.held_out)
    for other in others:
        _refuse_trained_on(other, wanted.held_out, but_sources=True)
    known = (*asked, *_labels(folder, asked))
    read_now = read(
        *(wanted.file, wanted.kind, known),
        whose=_whose(folder.name, model),
        others=bool(asked) or wanted.skip_bad,
        skip_bad=wanted.skip_bad,
        encoding=wanted.encoding,
    )
    for line in left_out(read_now):
        tell(line)
    for one in (folder, *others):
        refuse_seen(one, read_now.examples, wanted.held_out)
    found = _held_out(wanted, read_now.examples)
    for line in _others(found, () if asked else known, folder.name):
        tell(line)
    if asked or (known and wanted.skip_bad and label_counts(found)):
        found = _only(wanted.file, found, asked or known, known)
    return found[: wanted.rows or None]


def left_out(found: Read) -> list[str]:
    """How many rows were not taken, and the first of them, by reason."""
    reasons = {"cannot be read": found.skipped, "annotators did not accept": found.not_accepted}
    return [
        f"rows left out: {len(rows)} that {reason}; the first: {rows[0]}"
        for reason, rows in reasons.items()
        if rows
    ]


def _labels(folder: Path, asked: Sequence[Label]) -> tuple[Label, ...]:
    """Those of the adapter in ``folder``; none if there is none, or if it does not answer for what
    is asked: it takes any labels, or does not take these."""
    if not (folder / FILE_NAME).is_file():
        return ()
    served = Served.tuned(load(folder))
    is_its = not served.is_open and served.takes([label.name for label in asked])
    return served.labels if is_its else ()


def _whose(name: str, model: str | None) -> str:
    """For a row that has a label which is none of the adapter's ``name``."""
    if model is not None:
        return f"these are the labels of {name}"
    return f"these are the labels of the default {name}, and --label or --labels asks for others"


def _held_out(wanted: Wanted, examples: list[Example]) -> list[Example]:
    found = split(examples, wanted.held_out)[1] if wanted.held_out else examples
    if not found:
        raise DataError(f"{wanted.file}: no rows to measure on")
    return found


def _others(found: Sequence[Example], known: Sequence[Label], name: str) -> list[str]:
    """Which labels of ``found`` are none of ``known``, those of the adapter ``name``, and how often
    they are there; where no labels are known, none."""
    there = label_counts(found).items() if known else ()
    others = [f"{said} ({n})" for said, n in there if label_meant(said, known) is None]
    expected = f"expected {', '.join(label.name for label in known)}, the labels of {name}"
    return [f"gold left out: {', '.join(others)}; {expected}"] if others else []


def _only(
    file: Path, found: Sequence[Example], asked: Sequence[Label], known: Sequence[Label]
) -> list[Example]:
    """What is asked for, by its name; rows may have any of the names that ``known`` have for it."""
    names = {label.name for label in asked}
    there = label_counts(found)
    meant = {said: label_meant(said, known) for said in there}
    named = {said: one.name for said, one in meant.items() if one and one.name in names}
    kept = [_renamed(example, named) for example in found]
    if not any(example.entities for example in kept):
        raise DataError(
            f"{file}: nothing that is asked for ({', '.join(label.name for label in asked)}); "
            f"it has {', '.join(there) or 'none'}"
        )
    return kept


def _renamed(example: Example, names: Mapping[str, str]) -> Example:
    """The entities of the labels in ``names``, by the names there, each once."""
    found = {replace(e, label=names[e.label]) for e in example.entities if e.label in names}
    return Example(example.text, tuple(sorted(found, key=lambda e: (e.start, e.end, e.label))))


def split_name(file: Path, held_out: int) -> str:
    """What these rows are called in reports where nobody gave them a name."""
    return file.stem + (f", {held_out} rows held out" if held_out else "")


def _folder(settings: Settings, model: str | None) -> Path:
    """Where the adapter of that name, or alias, would be."""
    named = names.read(settings.adapters)
    return settings.adapters / (named.resolved(model or settings.default_model) or "")


def _refuse_trained_on(folder: Path, held_out: int, *, but_sources: bool = False) -> None:
    """By number; ``but_sources`` lets an adapter of many sources pass: it is compared with, on
    rows that another one was trained on, which are no source of its."""
    file = folder / recipe.FILE_NAME
    if not held_out or not file.is_file():
        return
    plan = recipe.load(file)
    most = plan.data.held_out
    if held_out > most and not (but_sources and plan.sources):
        raise DataError(
            f"{held_out} rows held out: {folder.name} was trained on all but {most} ({file}); "
            f"expected up to {most}"
        )
