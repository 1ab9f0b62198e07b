"""The documents' site, built by the real MkDocs in the environment that `make docs` makes."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from deploy.site.sources import REFERENCE, documents
from tests.deploy.site.conftest import build
from tests.support.tools import ROOT

# What a browser fetches by itself; a link that a person follows is not among it.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


def place(site: Path, path: str) -> Path:
    """Where a document went."""
    found = site / path.removesuffix(".md")
    return (found.parent if found.name == "README" else found) / "index.html"


class Fetched(HTMLParser):
    """The addresses that a page fetches."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in FETCHED and given.get("rel") not in ("canonical", "next", "prev"):
            self.found.append(given.get(FETCHED[tag]) or "")


def test_every_document_is_a_page(site: Path) -> None:
    """The checkout's own, where they are; and the reference."""
    for path in documents(ROOT):
        assert place(site, path).is_file(), path
    for path in REFERENCE:
        assert (place(site, path) if path.endswith(".md") else site / path).is_file(), path


def test_what_documents_link_to_is_there(site: Path) -> None:
    """A recipe, a picture: files of the checkout, byte for byte."""
    for path in ("adapters/clue-ner-lora-sft-peft/recipe.toml",
                 "adapters/clue-ner-lora-sft-peft/loss.png"):  # fmt: skip
        assert (site / path).read_bytes() == (ROOT / path).read_bytes()


def test_no_page_asks_another_address(site: Path) -> None:
    """No fonts, no scripts, no pictures from elsewhere; in style sheets neither."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        found = Fetched(page.read_text(encoding="utf-8")).found
        assert found
        assert not [one for one in found if re.match(r"(https?:)?//", one)], page
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", text), sheet


def test_examples_are_shown_as_they_stand(site: Path) -> None:
    """Their last line is on the page."""
    page = re.sub(r"<[^>]+>", "", place(site, "docs/howto/ask.md").read_text(encoding="utf-8"))
    assert "print(entity.start, entity.end, entity.label, entity.text)" in page
    assert "console.log(start, end, label, text.slice(start, end));" in page
    assert "--8" not in page


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the site is made of."""
    left_out = shutil.ignore_patterns(".*", "__pycache__", "*.safetensors")
    return Path(shutil.copytree(ROOT, tmp_path / "checkout", ignore=left_out))


def test_broken_links_fail_the_build(checkout: Path, tmp_path: Path) -> None:
    """To a file, to a heading, of an image; each is named."""
    with (checkout / "docs" / "tutorial.md").open("a", encoding="utf-8") as page:
        page.write("\n[a](nowhere.md) [b](../service/README.md#no-such) ![c](gone.png)\n")
    done = build(checkout, tmp_path / "site")
    assert done.returncode == 1
    for broken in ("nowhere.md", "no-such", "gone.png"):
        assert broken in done.stderr
    assert "3 warnings in strict mode" in done.stdout + done.stderr


def test_an_example_that_is_gone_fails_the_build(checkout: Path, tmp_path: Path) -> None:
    """A page cannot show what is not there."""
    (checkout / "docs" / "examples" / "extract.sh").unlink()
    done = build(checkout, tmp_path / "site")
    assert done.returncode != 0
    assert "docs/examples/extract.sh" in done.stderr
