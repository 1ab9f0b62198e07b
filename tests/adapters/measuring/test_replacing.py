"""A file that is written whole or not at all."""

import os
from pathlib import Path

import pytest

from adapters.measuring.replacing import replacing


def test_what_fails_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    """And nothing beside it."""
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises(OSError, match="full"), replacing(path) as part:
        part.write_text("ne")
        raise OSError("full")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("report.json", "old")]


def test_a_link_stays_one(tmp_path: Path) -> None:
    """What it leads to is written."""
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("old")
    link.symlink_to(path)
    with replacing(link) as part:
        part.write_text("new")
    assert (link.is_symlink(), path.read_text()) == (True, "new")


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """A file in its place would leave its reader waiting."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with replacing(pipe) as part:
        part.write_text("new")
    assert (os.read(reader, 10), pipe.is_fifo()) == (b"new", True)
    os.close(reader)
