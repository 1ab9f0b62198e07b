"""``python -m tests.growth.occurrences FILE…``: what each rule makes of the right answers.

From a sentence's entities the mentions that an adapter is trained to write (each surface once, in
the order of the text), and back: how many entities are found again where they were.
"""

import sys
from pathlib import Path
from typing import get_args

from adapters.data.examples import Example
from adapters.data.readers import read
from adapters.measuring.score import items
from service.models.manifest import load
from service.ner.align import align
from service.ner.types import Occurrences

ADAPTER = Path("adapters/clue-ner-lora-sft-peft")


def found(example: Example, rule: Occurrences) -> Example:
    """The entities that its own mentions yield."""
    return Example(example.text, align(example.text, example.mentions, rule).entities)


def main(paths: list[str]) -> None:
    """Print the table; CLUENER's format."""
    labels = load(ADAPTER).labels
    rows = [row for path in paths for row in read(Path(path), "cluener", labels).examples]
    gold, of_all = [items(row, "span") for row in rows], [found(row, "all") for row in rows]
    print("| rule | span F1 | sentences that differ from `all` |")
    print("|---|---|---|")
    for rule in get_args(Occurrences):
        answers = [found(row, rule) for row in rows]
        spans = [items(one, "span") for one in answers]
        right = sum(len(one & other) for one, other in zip(gold, spans, strict=True))
        f1 = 2 * right / (sum(map(len, gold)) + sum(map(len, spans)))
        differ = sum(one != other for one, other in zip(of_all, answers, strict=True))
        print(f"| `{rule}` | {f1:.4f} | {differ} |")
    print(f"{len(rows)} sentences")


if __name__ == "__main__":
    main(sys.argv[1:])
