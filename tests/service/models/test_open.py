"""Which adapter takes the labels that the default does not know."""

from pathlib import Path

import pytest

from service.models import names, registry
from service.models.manifest import ManifestError, load
from service.models.registry import RegistryError
from tests.support.adapter_folders import BASE, put_adapter


@pytest.fixture
def adapters(tmp_path: Path) -> Path:
    """Two that take any labels, and the default, which does not."""
    put_adapter(tmp_path, "tuned")
    for name in ("b-open", "a-open"):
        put_adapter(tmp_path, name, {"open": True})
    (tmp_path / "registry.toml").write_text('default = "tuned"\n')
    return tmp_path


def who(adapters: Path, default: str | None = None) -> str:
    """Who answers for labels that nobody knows."""
    return registry.load(adapters, BASE, default).resolve(None, ["weather"]).name


def test_the_first_by_name_unless_the_registry_names_one(adapters: Path) -> None:
    """By its own name or an alias."""
    assert who(adapters) == "a-open"
    file = adapters / "registry.toml"
    file.write_text('default = "tuned"\nopen = "b-open"\n')
    assert who(adapters) == "b-open"
    file.write_text('default = "tuned"\nopen = "general"\n[aliases]\ngeneral = "b-open"\n')
    assert who(adapters) == "b-open"


@pytest.mark.parametrize("default", ["b-open", BASE])
def test_a_default_that_takes_any_labels_answers_itself(adapters: Path, default: str) -> None:
    """An operator who made it the default meant it."""
    assert who(adapters, default) == default


def test_without_one_the_default_is_asked(tmp_path: Path) -> None:
    """And refuses."""
    put_adapter(tmp_path, "tuned")
    assert who(tmp_path, "tuned") == "tuned"


def test_a_disabled_one_does_not_answer(adapters: Path) -> None:
    """Unless the registry names it: then it cannot be disabled."""
    names.set_disabled(adapters, "a-open", True)
    assert who(adapters) == "b-open"
    (adapters / "registry.toml").write_text('default = "tuned"\nopen = "b-open"\n')
    with pytest.raises(ManifestError, match="disabled has 'b-open'; expected others than open"):
        names.set_disabled(adapters, "b-open", True)


@pytest.mark.parametrize("name", ["tuned", "nothing", BASE])
def test_what_is_named_has_to_take_any_labels(adapters: Path, name: str) -> None:
    """The base model is no adapter: whoever wants it names it."""
    (adapters / "registry.toml").write_text(f'default = "tuned"\nopen = "{name}"\n')
    with pytest.raises(RegistryError, match=f"open is '{name}'; expected one of a-open, b-open"):
        registry.load(adapters, BASE, None)


def test_one_of_another_base_is_left_out(adapters: Path) -> None:
    """As the default and the aliases are: one folder may serve several engines."""
    put_adapter(adapters, "far", {"open": True, "base": "Other"})
    (adapters / "registry.toml").write_text('default = "tuned"\nopen = "far"\n')
    assert who(adapters) == "a-open"


def test_the_keys_are_checked(adapters: Path) -> None:
    """In the manifest and in the registry."""
    folder = put_adapter(adapters, "odd", {"open": "yes"})
    with pytest.raises(ManifestError, match="open = 'yes'; expected true or false"):
        load(folder)
    (adapters / "registry.toml").write_text("open = 3\n")
    with pytest.raises(ManifestError, match="open = 3; expected the name of an adapter"):
        names.read(adapters)
