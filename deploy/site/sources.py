"""What the site is made of: the checkout's documents, at their own paths, so that links hold in
both; the files that they link to; and the reference, which is written when it is built."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from deploy.site.adapters_page import adapters_page
from deploy.site.commands_page import commands_page
from deploy.site.errors_page import errors_page
from deploy.site.metrics_page import metrics_page
from deploy.site.openapi_page import openapi_json, openapi_page
from deploy.site.settings_page import settings_page

FOLDERS = ("adapters", "deploy", "docs", "service")
# An adapter's notes are in its card.
LEFT_OUT = ("notes.md",)

REFERENCE: Mapping[str, Callable[[], str]] = {
    "docs/reference/adapters.md": adapters_page,
    "docs/reference/commands.md": commands_page,
    "docs/reference/errors.md": errors_page,
    "docs/reference/metrics.md": metrics_page,
    "docs/reference/openapi.json": openapi_json,
    "docs/reference/routes.md": openapi_page,
    "docs/reference/settings.md": settings_page,
}


def documents(root: Path) -> list[str]:
    """The paths of all Markdown files, from ``root``."""
    found = [*root.glob("*.md"), *(one for name in FOLDERS for one in (root / name).rglob("*.md"))]
    kept = (path for path in found if path.name not in LEFT_OUT)
    return sorted(path.relative_to(root).as_posix() for path in kept)


def linked(root: Path, pages: list[str]) -> list[str]:
    """The files of the checkout that ``pages`` link to and that are no pages themselves."""
    targets = {
        target.relative_to(root).as_posix()
        for page in pages
        for target in _targets(root / page)
        if target.is_relative_to(root) and target.is_file()
    }
    return sorted(targets - set(pages))


def _targets(page: Path) -> Iterator[Path]:
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in link:
            yield (page.parent / link).resolve()
