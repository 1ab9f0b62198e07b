"""The entities of every row of many files: ``python -m deploy.ray.job --help``.

read → pieces → prompt → [Ray's vLLM processor] → decode, align → write. Rows for which the engine
is not asked are written first.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

import ray
from ray.data.llm import build_processor

from deploy.ray.admitted import REFUSALS, Sought, admitted
from deploy.ray.engine import STEP_CPUS, processor_config
from deploy.ray.extraction import Extraction, is_asked
from deploy.ray.reading import check_new, pieces_of, place_of
from deploy.ray.sink import Lines
from service.ner.types import Constraint
from service.wire.lines import json_line
from service.wire.wording import told

AT_ONCE = 1000  # pieces
BLOCK_BYTES = 2**20


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all rows are done, 1: some have an ``error``, 2: refused."""
    options = _parsed(arguments)
    try:
        sought = Sought(options.adapter, tuple(options.label), options.constraint)
        extraction = admitted(sought, options.model, options.base)
        check_new(options.out)
    except REFUSALS as exc:
        print(f"refused: {told(exc)}", file=sys.stderr)
        return 2
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    config = processor_config(options.model, extraction, options.replicas, options.rows_at_once)
    # A long file goes on to the engines in parts.
    ray.data.DataContext.get_current().target_max_block_size = BLOCK_BYTES
    sink = Lines(options.out)
    run = partial(_run, options.files, options.field, extraction)
    _write(run(asked=False).map(partial(_unasked, extraction), num_cpus=STEP_CPUS), sink)
    processor = build_processor(
        config,
        preprocess=partial(_request, extraction),
        preprocess_map_kwargs={"num_cpus": STEP_CPUS},
        postprocess_map_kwargs={"num_cpus": STEP_CPUS},
    )
    made = processor(run(asked=True))
    _write(made.map(partial(_line, extraction), num_cpus=STEP_CPUS), sink)
    print(f"{sink.rows} lines in {options.out}, {sink.failed} with an error", file=sys.stderr)
    return 1 if sink.failed else 0


def _run(files: Sequence[str], field: str, extraction: Extraction, *, asked: bool) -> Any:
    """The pieces of all files that are ``asked``, or those that are not: a task a file."""
    paths = ray.data.from_items([{"path": path} for path in files], override_num_blocks=len(files))
    read = partial(_read, field=field, extraction=extraction, asked=asked)
    return paths.map_batches(read, batch_size=1, num_cpus=STEP_CPUS)


def _write(lines: Any, sink: Lines) -> None:
    lines.write_datasink(sink, ray_remote_args={"num_cpus": STEP_CPUS})


def _read(
    batch: Mapping[str, Any], field: str, extraction: Extraction, asked: bool
) -> Iterator[dict[str, list[str]]]:
    """Batches of pieces, each written as JSON."""
    found: list[str] = []
    for file in map(str, batch["path"]):
        for piece in pieces_of(file, field, extraction):
            if is_asked(piece) == asked:
                found.append(_dumped(piece))
            if len(found) >= AT_ONCE:
                yield {"piece": found}
                found = []
    yield {"piece": found}


def _request(extraction: Extraction, row: Mapping[str, Any]) -> dict[str, Any]:
    return extraction.request(json.loads(row["piece"]))


def _line(extraction: Extraction, row: Mapping[str, Any]) -> dict[str, str]:
    return {"line": _dumped(extraction.line(json.loads(row["piece"]), row))}


def _unasked(extraction: Extraction, row: Mapping[str, Any]) -> dict[str, str]:
    return {"line": _dumped(extraction.unasked(json.loads(row["piece"])))}


def _dumped(content: Mapping[str, Any]) -> str:
    return json_line(content).decode()


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.ray.job", description=__doc__)
    add = parser.add_argument
    add("files", nargs="+", type=place_of, help="jsonl, parquet, csv or txt; paths or URIs")
    add("--model", type=Path, required=True, help="folder of the base model's checkpoint")
    add("--base", help="the model's name in manifests; left out: its folder's")
    add("--adapter", type=Path, required=True, help="folder of the adapter")
    add("--out", type=place_of, required=True, help="a new folder of JSON lines; path or URI")
    add("--field", default="", help="the JSON field or the column of the text; left out: text")
    add("--label", action="append", default=[], help="a label to find; repeatable")
    add("--constraint", choices=get_args(Constraint), default="grounded")
    add("--replicas", type=int, default=1, help="engines, one a GPU")
    add("--rows-at-once", type=int, default=64, help="in a batch")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
