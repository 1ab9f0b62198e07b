"""models.toml: what ships is right, and what is wrong is named by its key."""

from pathlib import Path

import pytest

from deploy.pull.catalogue import Folder, Repository, Wheels, read_catalogue
from deploy.pull.errors import CatalogueError
from service.settings import Settings

RIGHT = """
[endpoints]
hub = "https://hub.example"
modelscope = "https://scope.example"
[models.m]
format = "checkpoint"
checkpoint_bytes = 0
files = { a = { bytes = 3, sha256 = "SHA" } }
sources = [{ kind = "hub", repo = "o/r", revision = "main" }]
""".replace("SHA", "0" * 64)


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    return read_catalogue(path)


def test_the_catalogue_that_ships() -> None:
    """The default and the 7B: each with a folder, the hub, ModelScope, in this order."""
    catalogue = read_catalogue()
    small = catalogue.model(Settings.model_fields["base_model"].default)
    large = catalogue.model("Qwen2.5-7B-Instruct")
    assert [type(source) for source in small.sources] == [Folder, Repository, Repository, Wheels]
    assert [type(source) for source in large.sources] == [Folder, Repository, Repository]
    in_4_bits = catalogue.model("Qwen2.5-7B-Instruct-AWQ")
    assert (in_4_bits.format, in_4_bits.sources) == ("folder", (Folder(),))
    assert sum(file.bytes for file in small.files) == 1_117_320_768
    assert sum(file.bytes for file in large.files) == 15_242_788_168


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CatalogueError, match=r"'Qwen9'.*Qwen2.5-Coder-1.5B-Instruct, Qwen2.5-7B"):
        read_catalogue().model("Qwen9")


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ('hub = "https://hub.example"', "hub = 1", "endpoints.hub is 1, expected str"),
        ('format = "checkpoint"', 'format = "zip"', "models.m.format is 'zip'"),
        ("checkpoint_bytes = 0", "checkpoint_bytes = true", "models.m.checkpoint_bytes is True"),
        ("bytes = 3", 'bytes = "3"', "models.m.files.a.bytes is '3', expected int"),
        ("0" * 64, "0" * 63 + "g", "models.m.files.a.sha256 is '0"),
        ('kind = "hub"', 'kind = "ftp"', "models.m.sources[0].kind is 'ftp'"),
        (', revision = "main"', "", "models.m.sources[0].revision is None, expected str"),
        ("[models.m]", "[models.m", "models.toml"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(
    tmp_path: Path, right: str, wrong: str, named: str
) -> None:
    read(tmp_path, RIGHT)
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path, RIGHT.replace(right, wrong))
    assert named in str(caught.value)


def test_wheels_carry_one_file_only(tmp_path: Path) -> None:
    two = RIGHT.replace("files = {", 'files = { b = { bytes = 1, sha256 = "' + "0" * 64 + '" },')
    wheels = 'kind = "wheels", package = "p{n}", version = "1", member = "m", parts = 2'
    text = two.replace('kind = "hub", repo = "o/r", revision = "main"', wheels)
    with pytest.raises(CatalogueError, match=r"models\.m\.files has 2, expected 1 for wheels"):
        read(tmp_path, text)
