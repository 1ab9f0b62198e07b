"""JSON lines in a folder, one file a task of Ray's: a file is there when it is whole."""

import json
from collections.abc import Iterable
from typing import Any

from ray.data.block import BlockAccessor
from ray.data.datasource import BlockBasedFileDatasink


class Lines(BlockBasedFileDatasink):  # type: ignore[misc]  # Ray is not here when types are checked
    """Writes the column ``line``; ``failed`` counts those with an error, once all are written."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder, file_format="jsonl")
        self.rows = self.failed = 0

    def write(self, blocks: Iterable[Any], ctx: Any) -> tuple[int, int]:
        """On a worker: (lines, lines with an error)."""
        blocks = list(blocks)
        super().write(blocks, ctx)
        lines = [line for block in blocks for line in _lines(BlockAccessor.for_block(block))]
        return len(lines), sum("error" in json.loads(line) for line in lines)

    def write_block_to_file(self, block: BlockAccessor, file: Any) -> None:
        """One file's content."""
        for line in _lines(block):
            file.write(line.encode() + b"\n")

    def on_write_complete(self, write_result: Any) -> None:
        """On the driver."""
        super().on_write_complete(write_result)
        for lines, failed in write_result.write_returns:
            self.rows += lines
            self.failed += failed


def _lines(block: BlockAccessor) -> list[str]:
    """A block without rows has no columns."""
    return list(block.to_arrow().column("line").to_pylist()) if block.num_rows() else []
