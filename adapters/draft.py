"""A recipe made from labelled rows, for who wants an adapter and not the choices.

Where there is an adapter to start from, the new one has its prompt, its format and the shape of its
matrices; from an open one a few dozen rows go a long way.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from adapters.data import unseen
from adapters.data.examples import Example, label_counts
from adapters.data.readers import DataError
from adapters.recipe import FILE_NAME, Recipe, RecipeError, copy, load
from adapters.recipe_tables import Lora, Module
from service.ner.formats import FORMATS
from service.ner.types import Label, refuse_written

LEAST_ROWS = 20
# Of fewer a tenth says nothing, and each is wanted for training.
_LEAST_SPLIT, _MOST_HELD_OUT = 100, 200
ROWS_A_STEP = 8
# Rows that are learned from, over all epochs.
_SEEN, _MOST_EPOCHS = 1000, 10
_LOOKS = 4
_FORMAT = "lines"  # of what starts from nothing
_LORA = Lora(rank=16, alpha=32, dropout=0.0, targets=get_args(Module), first_layer=0, last_layer=27)


@dataclass(frozen=True, slots=True)
class Sizes:
    """What follows from the number of rows."""

    held_out: int
    epochs: int
    steps: int

    @classmethod
    def of(cls, rows: int, most: int = _MOST_HELD_OUT) -> "Sizes":
        """Of 100 rows and more a tenth is held out, up to 200 and to ``most``; the fewer rows, the
        more often each is seen. Raises DataError for fewer than LEAST_ROWS."""
        if rows < LEAST_ROWS:
            raise DataError(f"{rows} rows; expected {LEAST_ROWS} or more")
        held_out = min(_MOST_HELD_OUT, most, rows // 10) if rows >= _LEAST_SPLIT else 0
        training = rows - held_out
        epochs = max(1, min(_MOST_EPOCHS, -(-_SEEN // training)))
        return cls(held_out, epochs, epochs * -(-training // ROWS_A_STEP))


def labels_in(examples: Sequence[Example]) -> tuple[Label, ...]:
    """The labels of the rows, the most frequent first, each written as it is called."""
    return tuple(Label(name, name) for name, _ in label_counts(examples).most_common())


def check_labels(labels: Sequence[Label], start: Path | None, said: Path, mend: str) -> None:
    """Raises DataError for a label of the file ``said`` that the recipe's format cannot write, with
    what is to be done; RecipeError as ``write``."""
    answer = FORMATS[_begun(start).format if start else _FORMAT]
    for label in labels:
        refusal = refuse_written(label.written) or answer.refuse_label(label.written)
        if refusal or not label.name:
            expected = refusal or "a name"
            raise DataError(f"{said}: label {label.written!r}; expected {expected}: {mend}")


def write(
    folder: Path,
    examples: Sequence[Example],
    labels: Sequence[Label],
    base: str,
    start: Path | None,
) -> Recipe:
    """Put recipe.toml for these rows into ``folder``, and the prompt of ``start``, an adapter's
    folder whose weights training is to begin with. Raises DataError, and RecipeError for labels
    that the format cannot write, when ``folder`` has a recipe, or when ``start`` has none."""
    file = folder / FILE_NAME
    if file.exists():
        raise RecipeError(f"{file} is there; change it, or take another name")
    if not labels:
        raise DataError("no row has an entity; expected some with the labels to learn")
    begun = _begun(start) if start else None
    # Of other data than many sources the start may have seen what it did not hold out.
    most = _MOST_HELD_OUT
    if start and begun and not begun.sources:
        most = unseen.most(start, examples, begun.data.held_out)
    sizes = Sizes.of(len(examples), most)
    path = os.path.relpath(start, folder) if start else None
    with tempfile.TemporaryDirectory() as place:
        drafted = Path(place) / FILE_NAME
        if start and begun:
            copy(start / FILE_NAME, begun, drafted.parent)  # for its prompt
        drafted.write_text(_text(sizes, examples, labels, base, begun, path), encoding="utf-8")
        found = load(drafted)
        copy(drafted, found, folder)
    return found


def _begun(start: Path) -> Recipe:
    """The recipe of the adapter in ``start``; raises RecipeError."""
    file = start / FILE_NAME
    if not file.exists():
        raise RecipeError(
            f"{start} has no {FILE_NAME}, by which another adapter could start from it; expected "
            "one with, by --start NAME, or --start none"
        )
    return load(file)


def _text(
    sizes: Sizes,
    examples: Sequence[Example],
    labels: Sequence[Label],
    base: str,
    begun: Recipe | None,
    start: str | None,
) -> str:
    longest = max(len(example.text) for example in examples)
    top = {
        "base": begun.base if begun else base,
        **({"start": start} if start else {}),
        "prompt": begun.prompt if begun else "zh-lines-1",
        "format": begun.format if begun else _FORMAT,
        "occurrences": begun.occurrences if begun else "as_read",
        "max_chars": max(begun.max_chars if begun else 256, min(longest, 600)),
    }
    tables = {
        "data": _data(sizes, examples),
        "lora": asdict(begun.lora if begun else _LORA),
        "train": _train(sizes, begun is not None),
    }
    rows = [
        f"# Made by `nerve adapter new` from {len(examples)} rows; the keys: adapters/README.md.\n"
    ]
    rows += [_assigned(top), "labels = [", *(f"  {_label(one)}," for one in labels), "]\n"]
    rows += [f"[{name}]\n{_assigned(table)}" for name, table in tables.items()]
    return "\n".join(rows)


def _data(sizes: Sizes, examples: Sequence[Example]) -> dict[str, Any]:
    empty = sum(not example.entities for example in examples) / len(examples)
    return {
        "held_out": sizes.held_out,
        "rows": 0,
        "subset": 0.0,
        # Rows without an entity keep a model from finding one everywhere.
        "empty": 0.0 if empty >= 0.1 else 0.1,
        "joined": 0.0,
    }


def _train(sizes: Sizes, has_start: bool) -> dict[str, Any]:
    return {
        "seed": 1,
        "epochs": sizes.epochs,
        "rows_a_step": ROWS_A_STEP,
        "learning_rate": 1e-4 if has_start else 2e-4,
        "warm_up": 0.05,
        "clip": 1.0,
        "validate_every": max(2, sizes.steps // _LOOKS),
        "validation_rows": min(sizes.held_out, 48),
        "checkpoint_every": 20,
        "frozen": "int8",
    }


def _label(label: Label) -> str:
    fields = {"name": label.name, "written": label.written}
    if label.description:
        fields["description"] = label.description
    said = (f"{key} = {_value(value)}" for key, value in fields.items())
    return f"{{ {', '.join(said)} }}"


def _assigned(values: dict[str, Any]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in values.items())


def _value(value: object) -> str:
    # JSON's are TOML's too, but for U+007F.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
