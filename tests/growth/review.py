"""Are 200 rows that ``nerve adapter review`` chooses worth more than 200 random ones?

    python -m tests.growth.review pool train.json FOLDER --rows 2000     # FOLDER/pool.jsonl
    python -m tests.growth.review choose FOLDER --count 200              # chosen, random; what then

Between the two, ``nerve extract`` asks two models about the pool (``pool`` prints the commands).
What was labelled already stands in for a person's corrections: a row that is chosen has its gold.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers import read
from deploy.bulk.convert import answers
from deploy.bulk.review import choose

ASK = """nerve up                                     # in another terminal; then
nerve extract {folder}/pool.jsonl --out {folder}/answers.jsonl --model open-ner-lora {labels}
nerve extract {folder}/pool.jsonl --out {folder}/base.jsonl --model {base} {labels}
python -m tests.growth.review choose {folder}"""
TRAIN = """nerve adapter new {name} {folder}/{name}.jsonl --kind spans --labels {labels}
nerve adapter train adapters/{name}/recipe.toml {folder}/{name}.jsonl --kind spans
nerve adapter register .nerve/training/{name} {name} --data CLUENER2020 --licence "none stated\""""
MEASURE = """nerve up                                     # in another terminal; then
nerve adapter evaluate DEV --model random --out {folder}/random.json
nerve adapter evaluate DEV --model chosen --out {folder}/chosen.json --compare {folder}/random.json
rm -r adapters/chosen adapters/random        # they are for this only"""
BASE, LABELS = "Qwen2.5-Coder-1.5B-Instruct", "adapters/open-ner-lora/cluener.toml"


def row(example: Example) -> dict[str, Any]:
    """As the kind ``spans`` has it; `nerve extract` reads its text alone."""
    entities = [{"label": e.label, "start": e.start, "end": e.end} for e in example.entities]
    return {"text": example.text, "entities": entities}


def write(path: Path, rows: Iterable[object]) -> None:
    """JSON lines."""
    lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    path.write_text("".join(lines), encoding="utf-8")


def make_pool(data: Path, folder: Path, rows: int) -> str:
    """Write the first so many rows, a text once; what to do next."""
    once = {one.text: one for one in read(data, "auto", ()).examples}
    pool = list(once.values())[:rows]
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "pool.jsonl", map(row, pool))
    labels = sorted({entity.label for one in pool for entity in one.entities})
    asked = " ".join(f"--label {label}" for label in labels)
    return ASK.format(folder=folder, labels=asked, base=BASE)


def choose_both(folder: Path, count: int, seed: int) -> str:
    """Write the rows that are chosen and as many random ones; what to do next."""
    pool = (folder / "pool.jsonl").read_text(encoding="utf-8").splitlines()
    gold = {one["text"]: one for one in map(json.loads, pool)}
    chosen = choose(answers(folder / "answers.jsonl"), count, answers(folder / "base.jsonl"))
    picked = {
        "chosen": [gold[one.answer["text"]] for one in chosen],
        "random": random.Random(seed).sample(list(gold.values()), count),
    }
    for name, rows in picked.items():
        write(folder / f"{name}.jsonl", rows)
    train = [TRAIN.format(name=name, folder=folder, labels=LABELS) for name in picked]
    return "\n".join([*train, MEASURE.format(folder=folder)])


def main(given: Sequence[str] | None = None) -> int:
    """Prints the commands that come next."""
    parser = argparse.ArgumentParser(prog="python -m tests.growth.review", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    first, then = steps.add_parser("pool"), steps.add_parser("choose")
    first.add_argument("data", type=Path)
    for one in (first, then):
        one.add_argument("folder", type=Path)
    first.add_argument("--rows", type=int, default=2000)
    then.add_argument("--count", type=int, default=200)
    then.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(given)
    if asked.step == "pool":
        print(make_pool(asked.data, asked.folder, asked.rows))
    else:
        print(choose_both(asked.folder, asked.count, asked.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
