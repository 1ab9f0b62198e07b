"""The pictures of the documents are those of the page as it is."""

import re

from tests.pictures.digest import KEPT, PICTURES, of_page

ROOT = PICTURES.parents[1]


def test_the_pictures_are_no_older_than_the_page() -> None:
    """They are made again by `make pictures` (Debian: the package chromium)."""
    assert KEPT.read_text(encoding="utf-8").strip() == of_page(), "run `make pictures`"


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    """In the READMEs or the documents."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    shown = {
        name
        for page in pages
        for name in re.findall(r"pictures/([\w.-]+)", page.read_text(encoding="utf-8"))
    }
    assert shown == {path.name for path in PICTURES.iterdir()} - {KEPT.name}
