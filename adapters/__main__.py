"""The stages that need the trainer's environment: ``python -m adapters STAGE …`` with its Python.

``train RECIPE DATA BASE WORK``; ``try ADAPTER BASE TEXT …`` (one JSON object a text);
``average OUT FOLDER FOLDER …``; ``calibrate OBSERVED FOUND FOLDER`` (both JSON; pictures go to the
folder); ``loss-figure LOG PNG``; ``label-figure REPORT PNG``.
All but the texts and the constraint are paths.
"""

import argparse
import json
import sys
from pathlib import Path

from adapters.data.readers import KINDS, DataError
from adapters.recipe import RecipeError
from adapters.training.template import RowTooLong
from service.models.manifest import ManifestError
from service.wire.wording import told

# What a person can mend is one line. ValueError: a checkpoint of another recipe.
FOR_PEOPLE = (DataError, ManifestError, OSError, RecipeError, RowTooLong, ValueError)


def main() -> int:
    """Run one stage; the status: 0, 1 after an error's message, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser("python -m adapters", description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True)
    for stage, paths in (
        ("train", ("recipe", "data", "base", "work")),
        ("try", ("adapter", "base")),
        ("average", ("out",)),
        ("calibrate", ("observed", "found", "folder")),
        ("loss-figure", ("log", "picture")),
        ("label-figure", ("report", "picture")),
    ):
        one = stages.add_parser(stage)
        for path in paths:
            one.add_argument(path, type=Path)
    stages.choices["train"].add_argument("--kind", choices=KINDS, default="auto")
    stages.choices["train"].add_argument("--skip-bad", action="store_true")
    stages.choices["train"].add_argument("--encoding", default="")
    stages.choices["try"].add_argument("texts", nargs="+")
    stages.choices["average"].add_argument("folders", nargs="+", type=Path)
    stages.choices["calibrate"].add_argument("--constraint", default="grounded")
    try:
        run(parser.parse_args())
    except FOR_PEOPLE as exc:
        print(f"nerve: {told(exc)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def run(asked: argparse.Namespace) -> None:
    """Do what was asked; modules are imported where they are used, since torch takes seconds."""
    if asked.stage == "train":
        _train(asked)
    elif asked.stage == "try":
        from adapters.measuring.trial import Trial

        for answer in Trial(asked.adapter, asked.base).answer(asked.texts):
            print(json.dumps(answer.shown(), ensure_ascii=False))
    elif asked.stage == "average":
        from adapters.registering.average import average

        average(asked.folders, asked.out)
    elif asked.stage == "calibrate":
        from adapters.calibrating.stage import calibrate

        calibrate(asked.observed, asked.found, asked.folder, asked.constraint)
    elif asked.stage == "loss-figure":
        from adapters.registering.figures import loss_curve

        loss_curve(asked.log, asked.picture)
    else:
        from adapters.measuring.report import load
        from adapters.registering.figures import label_bars

        label_bars(load(asked.report), asked.picture)


def _train(asked: argparse.Namespace) -> None:
    from adapters.training.train import train

    paths = (asked.recipe, asked.data, asked.base, asked.work)
    done = train(*paths, asked.kind, skip_bad=asked.skip_bad, encoding=asked.encoding)
    if done.bad:
        print(f"{done.bad} rows left out: they cannot be read")
    if done.left_out:
        print(f"{done.left_out} rows left out: their mentions overlap, and cannot be written so")
    if done.not_accepted:
        print(f"{done.not_accepted} rows left out: their annotators did not accept them")
    if done.too_long:
        print(f"{done.too_long} rows left out: they are too long for the model")
    loss = "" if done.loss is None else f", validation loss {done.loss:.4f}"
    print(f"{done.steps} steps{loss}: {done.folder}")


if __name__ == "__main__":
    sys.exit(main())
