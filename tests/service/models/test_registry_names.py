"""registry.toml: what it may say, and that a change of it leaves the rest alone."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import ModelNotFound
from service.models import names, registry
from service.models.manifest import ManifestError
from service.models.names import Names
from service.models.registry import RegistryError
from tests.support.adapter_folders import BASE, put_adapter

WRITTEN = """\
# Which adapter answers by default.
default = "one"  # since May
disabled = [
  "old",
]
colour = "blue"

[aliases]  # names that move
live = "one"

[[notes]]
text = '''
default = "not this"
'''
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a registry.toml that a person wrote."""
    (tmp_path / "registry.toml").write_text(WRITTEN, encoding="utf-8")
    return tmp_path


def test_it_is_read(folder: Path) -> None:
    """What is not known here is somebody else's."""
    assert names.read(folder) == Names("one", {"live": "one"}, frozenset({"old"}))


def test_without_a_file_there_are_no_names(tmp_path: Path) -> None:
    """Then the base model is the default."""
    assert names.read(tmp_path) == Names()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("default = 3", "default = 3; expected the name of an adapter"),
        ("default = ", "not a TOML file"),
        ('disabled = "a"', "disabled = 'a'; expected a list"),
        ("disabled = [1]", "disabled = [1]; expected a list"),
        ("aliases = 1", "aliases = 1; expected a table"),
        ("[aliases]\nlive = 1", "aliases.live = 1; expected an adapter's name"),
        ('[aliases]\n"a/b" = "one"', "aliases.a/b = 'one'"),
        ('[aliases]\na = "b"\nb = "one"', "aliases.a = 'b'; expected an adapter, not another"),
        ('default = "a"\ndisabled = ["a"]', "'a'; expected others than default"),
        ('disabled = ["a"]\n[aliases]\nlive = "a"', "expected others than what an alias"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, text: str, says: str) -> None:
    """The file, the key, the value, what was expected."""
    (tmp_path / "registry.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError) as refusal:
        names.read(tmp_path)
    assert says in str(refusal.value) and "registry.toml" in str(refusal.value)


CHANGES: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "default": (
        lambda folder: names.set_default(folder, "two"),
        'default = "one"  # since May',
        'default = "two"',
    ),
    "disable": (
        lambda folder: names.set_disabled(folder, "new", True),
        'disabled = [\n  "old",\n]',
        'disabled = ["old", "new"]',
    ),
    "enable": (
        lambda folder: names.set_disabled(folder, "old", False),
        'disabled = [\n  "old",\n]',
        "disabled = []",
    ),
    "nothing": (lambda folder: names.set_disabled(folder, "old", True), "colour", "colour"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_leaves_everything_else_as_it_was_written(folder: Path, change: str) -> None:
    """Comments, unknown keys, tables, strings that look like keys."""
    act, before, after = CHANGES[change]
    act(folder)
    assert (folder / "registry.toml").read_text(encoding="utf-8") == WRITTEN.replace(before, after)
    assert [path.name for path in folder.iterdir()] == ["registry.toml"]


def test_lines_end_where_toml_ends_them(tmp_path: Path) -> None:
    """Not at U+2028 or U+0085; and CR LF stays."""
    path, text = (
        tmp_path / "registry.toml",
        '# see\u2028the\x85wiki\r\n\r\n[aliases]\r\nb = "a"\r\n',
    )
    path.write_bytes(text.encode())
    names.set_default(tmp_path, "a")
    assert path.read_bytes().decode() == text.replace("[al", 'default = "a"\n[al')


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Windows' editors write one; it may go with a change, nothing else does."""
    path = tmp_path / "registry.toml"
    path.write_text('# 我们的\ndefault = "one"\n', encoding="utf-8-sig")
    assert names.read(tmp_path) == Names("one")
    names.set_default(tmp_path, "two")
    assert path.read_text(encoding="utf-8-sig") == '# 我们的\ndefault = "two"\n'


def test_a_file_is_made_where_there_is_none(tmp_path: Path) -> None:
    """Each kind of name in its place."""
    names.set_default(tmp_path, "one")
    names.set_disabled(tmp_path, "old", True)
    assert names.read(tmp_path) == Names("one", {}, frozenset({"old"}))


def test_the_default_and_an_aliass_adapter_cannot_be_disabled(folder: Path) -> None:
    """The check is made under the lock, on the file as it is then."""
    with pytest.raises(ManifestError, match="others than default"):
        names.set_disabled(folder, "one", True)
    names.set_default(folder, "two")
    with pytest.raises(ManifestError, match="others than what an alias"):
        names.set_disabled(folder, "one", True)


def test_writers_at_the_same_time_lose_nothing(folder: Path) -> None:
    """Each sees what the one before it wrote."""
    added = [f"a{number}" for number in range(16)]
    writers = [
        threading.Thread(target=names.set_disabled, args=(folder, name, True)) for name in added
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert names.read(folder).disabled == {"old", *added}


def test_an_alias_stands_for_its_adapter(tmp_path: Path) -> None:
    """Asked by the alias, the adapter answers under its own name; as the default, too."""
    put_adapter(tmp_path, "one")
    (tmp_path / "registry.toml").write_text('default = "live"\n[aliases]\nlive = "one"\n')
    found = registry.load(tmp_path, BASE, None)
    assert found.resolve("live").name == "one"
    assert found.default == "one" == registry.default_of(tmp_path)
    with pytest.raises(ModelNotFound, match=f"'x'; expected one of {BASE}, one, live"):
        found.resolve("x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'[aliases]\none = "{BASE}"', "the alias 'one' is the name of a model"),
        ('[aliases]\nlive = "two"', "the alias 'live' stands for 'two'; expected one of"),
        ('disabled = ["one"]\n[aliases]\nlive = "two"', "stands for 'two'"),
    ],
)
def test_aliases_that_contradict_the_adapters_are_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    """A name has one meaning."""
    put_adapter(tmp_path, "one")
    (tmp_path / "registry.toml").write_text(text)
    with pytest.raises(RegistryError, match=says):
        registry.load(tmp_path, BASE, None)


def test_an_adapter_that_is_called_as_its_base_is_refused(tmp_path: Path) -> None:
    """Nobody could ask for the base any more; disabled, or of another base, it is in no way."""
    put_adapter(tmp_path, "one")
    put_adapter(tmp_path, BASE)
    with pytest.raises(RegistryError, match=f"the adapter '{BASE}' is called as its base is"):
        registry.load(tmp_path, BASE, None)
    assert list(registry.load(tmp_path, "Other", None).models) == ["Other"]
    names.set_disabled(tmp_path, BASE, True)
    assert list(registry.load(tmp_path, BASE, None).models) == [BASE, "one"]


def test_a_disabled_adapter_is_not_served(tmp_path: Path) -> None:
    """Its files stay where they are."""
    put_adapter(tmp_path, "one")
    put_adapter(tmp_path, "two")
    names.set_disabled(tmp_path, "one", True)
    assert list(registry.load(tmp_path, BASE, None).models) == [BASE, "two"]
