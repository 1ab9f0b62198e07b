"""A base model whose files' sha256 are not known here: its folder as the caller brings it."""

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.pull.catalogue import BaseModel, Catalogue, Folder
from deploy.pull.errors import DiskFull, PullError
from deploy.pull.pull import pull
from deploy.pull.store import seal
from tests.deploy.pull.pulling import FILES, NOWHERE, safetensors

MODEL = BaseModel("m", "folder", (), (Folder(),), 0)
KNOWN = Catalogue({"m": MODEL}, {"hub": NOWHERE})
WEIGHTS = safetensors(1000)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 3988650528\n"
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"


def test_a_model_without_digests_is_taken_from_a_folder(tmp_path: Path) -> None:
    """As it is; without the folder, or with another, it is said what to bring."""
    with pytest.raises(PullError, match=r"sha256 of its files are not known.*NERVE_MODEL_FOLDER="):
        pull("m", tmp_path, Path(sys.executable), catalogue=KNOWN, environ={})
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "tokenizer.json").write_bytes(FILES["tokenizer.json"])
    environ = {"NERVE_MODEL_FOLDER": str(mine)}
    with pytest.raises(PullError, match=r"expected the folder of m, with config.json"):
        pull("m", tmp_path, Path(sys.executable), catalogue=KNOWN, environ=environ)
    (mine / "config.json").write_text("{}")
    (mine / "model.safetensors").write_bytes(WEIGHTS)
    pulled = pull("m", tmp_path, Path(sys.executable), catalogue=KNOWN, environ=environ)
    assert (pulled.path / "model.safetensors").read_bytes() == WEIGHTS
    assert pulled == pull("m", tmp_path, Path(sys.executable), catalogue=KNOWN, environ={})


def test_a_model_that_nerve_pulled_is_taken_from_its_folder(tmp_path: Path) -> None:
    """What the first pull wrote about its own files is not a file of the model."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "tokenizer.json").write_bytes(FILES["tokenizer.json"])
    (theirs / "config.json").write_text("{}")
    (theirs / "model.safetensors").write_bytes(WEIGHTS)
    folder = theirs
    for home in ("first", "second"):
        environ = {"NERVE_MODEL_FOLDER": str(folder)}
        where = tmp_path / home
        pulled = pull("m", where, Path(sys.executable), catalogue=KNOWN, environ=environ)
        folder = pulled.path
    assert folder.is_relative_to(tmp_path / "second")
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert pulled == pull("m", tmp_path / "second", Path(sys.executable), catalogue=KNOWN)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A whole model in two shards."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes(FILES["tokenizer.json"])
    (folder / "config.json").write_text("{}")
    for name in (FIRST, SECOND):
        (folder / name).write_bytes(WEIGHTS)
    index = {"metadata": {}, "weight_map": {"a": FIRST, "b": SECOND, "c": SECOND}}
    (folder / INDEX).write_text(json.dumps(index))
    return folder


def _pull(tmp_path: Path, mine: Path) -> Path:
    environ = {"NERVE_MODEL_FOLDER": str(mine)}
    return pull("m", tmp_path / "home", Path(sys.executable), catalogue=KNOWN, environ=environ).path


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        (SECOND, None, f"{SECOND} is not there"),
        (SECOND, POINTER, f"{SECOND} is a Git LFS pointer"),
        (SECOND, WEIGHTS[:-1], rf"{SECOND} has 1,\d+ bytes; by its header expected 1,"),
        (SECOND, WEIGHTS + b"x", rf"{SECOND} has 1,\d+ bytes; by its header expected 1,"),
        (SECOND, WEIGHTS[:20], f"{SECOND} is not a file of safetensors, or was cut short"),
        (SECOND, b"", f"{SECOND} is not a file of safetensors, or was cut short"),
        (SECOND, b"\xff" * 99, f"{SECOND} is not a file of safetensors, or was cut short"),
        (SECOND, b"\x02" + b"\0" * 7 + b"[]", f"{SECOND} is not a file of safetensors"),
        ("tokenizer.json", POINTER, "tokenizer.json is a Git LFS pointer"),
        ("tokenizer.json", b'{"a', "tokenizer.json is not JSON"),
        ("tokenizer.json", b"{}", "tokenizer.json has no list added_tokens"),
        ("config.json", b"[]", "config.json is list, expected an object"),
        (INDEX, b"{}", f"{INDEX} has no weight_map"),
    ],
)
def test_a_folder_that_has_not_come_whole_is_refused(
    name: str, body: bytes | None, says: str, tmp_path: Path, mine: Path
) -> None:
    """By the file that is at fault; once it is there, the folder is taken."""
    whole = (mine / name).read_bytes()
    if body is None:
        (mine / name).unlink()
    else:
        (mine / name).write_bytes(body)
    with pytest.raises(PullError, match=rf"mine is not a whole m: {says}"):
        _pull(tmp_path, mine)
    assert not (tmp_path / "home" / "models" / "m").exists()
    (mine / name).write_bytes(whole)
    assert (_pull(tmp_path, mine) / SECOND).read_bytes() == WEIGHTS


def test_an_index_that_has_not_come_is_not_needed_to_miss_a_shard(
    tmp_path: Path, mine: Path
) -> None:
    """The shards' names tell how many there are."""
    (mine / INDEX).unlink()
    (mine / FIRST).unlink()
    with pytest.raises(PullError, match=f"{FIRST} is not there"):
        _pull(tmp_path, mine)


def test_a_half_model_of_an_earlier_pull_is_not_used(tmp_path: Path, mine: Path) -> None:
    """It was sealed as it was; it is taken anew."""
    half = tmp_path / "home" / "models" / "m"
    half.parent.mkdir(parents=True)
    shutil.copytree(mine, half)
    (half / SECOND).unlink()
    (half / FIRST).write_bytes(POINTER)
    seal(MODEL, half)
    assert _pull(tmp_path, mine) == half
    assert {file.stat().st_size for file in half.glob("*.safetensors")} == {len(WEIGHTS)}


def test_too_small_a_disk_is_said_before_the_copy(
    tmp_path: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder's own size is what is needed."""
    with (mine / "other.bin").open("wb") as file:
        file.truncate(50_000_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=40_000_000_000))
    with pytest.raises(DiskFull, match=r"m needs 50\.2 GB more room, .* has 40\.0 GB"):
        _pull(tmp_path, mine)
