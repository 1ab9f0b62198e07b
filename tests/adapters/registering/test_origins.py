"""A recipe with sources: the adapter is open, and its card says where the rows came from."""

from pathlib import Path

import pytest

from adapters.registering.register import register
from service.models.manifest import ManifestError
from tests.adapters.registering.conftest import RECIPE

SOURCES = """
[sources]
labels = 3
noise = 0.0
longest = { en = 200 }
names = { plain = 1 }
rows = { news = 40, shop = 7, old = 0 }
"""


ORIGINS = """
[news]
repository = "someone/news@0123abc"
language = "en"
licence = "CC BY 4.0"
[shop]
repository = "https://example.org/shop"
language = "zh"
licence = "none stated"
[old]
repository = "someone/old"
language = "zh"
licence = "GPL"
"""


def test_an_adapter_of_many_sources_takes_any_labels(trained: Path, tmp_path: Path) -> None:
    """The manifest says so; the card has the sources whose rows are taken, with their licences."""
    (tmp_path / "mine").mkdir()
    file = tmp_path / "mine" / "recipe.toml"
    file.write_text(RECIPE.read_text(encoding="utf-8") + SOURCES, encoding="utf-8")
    assert register(trained, file, tmp_path, "without").open
    file.with_name("sources.toml").write_text(ORIGINS, encoding="utf-8")
    found = register(trained, file, tmp_path, "any")
    assert found.open and (found.folder / "sources.toml").is_file()
    card = (found.folder / "README.md").read_text(encoding="utf-8")
    assert "**Labels:** any, by name" in card
    news = "[someone/news](https://github.com/someone/news) `0123abc`"
    assert f"| news | en | 40 | {news} | CC BY 4.0 |" in card
    assert "| shop | zh |" in card and "| old |" not in card
    again = register(found.folder, found.folder / "recipe.toml", tmp_path, "any")
    assert "| shop | zh |" in (again.folder / "README.md").read_text(encoding="utf-8")
    text = ORIGINS.replace("[news]", "[olds]")
    (found.folder / "sources.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match="news = None; expected a table of it"):
        register(found.folder, found.folder / "recipe.toml", tmp_path, "any")
    assert not register(trained, RECIPE, tmp_path, "tuned").open
