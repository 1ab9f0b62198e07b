"""The learning curve: F1 by number of rows, from the open adapter and from the base.

    python -m tests.growth.curve train train.json FOLDER       # rows, recipes, trainings
    NERVE_ADAPTERS=FOLDER/adapters nerve up                    # in another terminal; then
    python -m tests.growth.curve measure FOLDER                # reports, the table
    ENGINE_PYTHON -m tests.growth.curve picture FOLDER docs/pictures/learning-curve.png

Each of the first two goes on where it was stopped. Smaller draws are part of larger ones; what is
measured on are 500 rows of none. ENGINE_PYTHON has matplotlib:
`.nerve/engine-env/bin/python`.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.data.examples import split
from adapters.data.readers import read
from adapters.measuring import report
from tests.growth.review import LABELS, row, write

HELD_OUT, MEASURED = 500, "held_out.jsonl"
# Start → how the picture calls it; `none` is the base.
STARTS = {"open-ner-lora": "from open-ner-lora", "none": "from the base"}
ROOT = Path(__file__).parents[2]


def draw(data: Path, folder: Path, sizes: Sequence[int], seed: int) -> None:
    """Write FOLDER/N.jsonl, and the adapters that training begins with."""
    training, held_out = split(read(data, "auto", ()).examples, HELD_OUT)
    drawn = random.Random(seed).sample(training, len(training))  # whatever the sizes
    kept = folder / "adapters"
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "registry.toml").write_text('open = "open-ner-lora"\n', encoding="utf-8")
    if not (kept / "open-ner-lora").exists():
        (kept / "open-ner-lora").symlink_to(ROOT / "adapters" / "open-ner-lora")
    for size in sizes:
        write(folder / f"{size}.jsonl", map(row, drawn[:size]))
    write(folder / MEASURED, map(row, held_out))


def train(folder: Path, sizes: Sequence[int], starts: Sequence[str]) -> None:
    """What a person types for each: new, train, register."""
    kept = folder / "adapters"
    for adapter, start, size in _runs(sizes, starts):
        rows, recipe = folder / f"{size}.jsonl", kept / adapter / "recipe.toml"
        if (kept / adapter / "adapter.toml").exists():
            continue
        if not recipe.exists():
            nerve(kept, "new", adapter, rows, "--labels", ROOT / LABELS, "--start", start)
        nerve(kept, "train", recipe, rows, "--work", folder / "training" / adapter)
        nerve(kept, "register", folder / "training" / adapter, adapter)


def measure(folder: Path, sizes: Sequence[int], starts: Sequence[str]) -> None:
    """Ask the running service, and print the table."""
    kept = folder / "adapters"
    for adapter, _, _ in _runs(sizes, starts):
        out = folder / f"{adapter}.json"
        if not out.exists():
            nerve(kept, "evaluate", folder / MEASURED, "--model", adapter, "--out", out)
    print("| rows | start | text-set micro-F1 (95 %) | span | steps |\n|---|---|---|---|---|")
    for adapter, start, size in _runs(sizes, starts):
        found = report.load(folder / f"{adapter}.json")
        text, span = (found[one]["micro"] for one in ("text", "span"))
        low, high = found["text"]["interval"]
        log = (folder / "training" / adapter / "log.jsonl").read_text(encoding="utf-8").splitlines()
        print(
            f"| {size} | {STARTS[start]} | {text['f1']:.3f} ({low:.3f} to {high:.3f}) "
            f"| {span['f1']:.3f} | {json.loads(log[-1])['step']} |"
        )


def picture(folder: Path, to: Path, sizes: Sequence[int], starts: Sequence[str]) -> None:
    """Text-set micro-F1 over the number of rows, with 95 % intervals; what is not measured is left
    out."""
    from matplotlib.figure import Figure  # type: ignore[import-not-found,unused-ignore]

    figure = Figure(figsize=(7, 4), layout="tight")
    axes = figure.add_subplot(xlabel="labelled rows of CLUENER2020", ylabel="text-set micro-F1")
    for start in starts:
        files = {size: folder / f"{name(start, size)}.json" for size in sizes}
        measured = [size for size in sizes if files[size].exists()]
        found = [report.load(files[size])["text"] for size in measured]
        heights = [one["micro"]["f1"] for one in found]
        below = [height - one["interval"][0] for height, one in zip(heights, found, strict=True)]
        above = [one["interval"][1] - height for height, one in zip(heights, found, strict=True)]
        axes.errorbar(measured, heights, [below, above], fmt="o-", capsize=3, label=STARTS[start])
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_ylim(0, 1)
    axes.legend(loc="lower right")
    figure.savefig(to, dpi=120)


def name(start: str, size: int) -> str:
    """An adapter's."""
    return f"{'base' if start == 'none' else 'open'}-{size}"


def nerve(adapters: Path, *words: str | Path) -> None:
    """`nerve adapter …` as it is typed, with these adapters; raises CalledProcessError."""
    command = [str(Path(sys.executable).with_name("nerve")), "adapter", *map(str, words)]
    subprocess.run(command, check=True, env=os.environ | {"NERVE_ADAPTERS": str(adapters)})


def _runs(sizes: Sequence[int], starts: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    return ((name(start, size), start, size) for size in sizes for start in starts)


def main(given: Sequence[str] | None = None) -> int:
    """One step."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.growth.curve",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("step", choices=("train", "measure", "picture"))
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--sizes", nargs="+", type=int, default=[20, 50, 100, 200, 500])
    parser.add_argument("--starts", nargs="+", choices=tuple(STARTS), default=list(STARTS))
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args(given)
    sizes, starts = sorted(asked.sizes), asked.starts
    match asked.step, asked.paths:
        case "train", [data, folder]:
            draw(data, folder, sizes, asked.seed)
            train(folder, sizes, starts)
        case "measure", [folder]:
            measure(folder, sizes, starts)
        case "picture", [folder, to]:
            picture(folder, to, sizes, starts)
        case _:
            parser.error(f"{asked.step}: expected the paths of the line above")
    return 0


if __name__ == "__main__":
    sys.exit(main())
