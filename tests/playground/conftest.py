"""A page in Debian's Chromium, in front of a real gateway and a scripted engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import ADAPTER, MANIFEST, Gateway, running
from tests.playground.opening import opened
from tests.playground.scripts import completes
from tests.support.scoring import TABLE
from tests.support.tools import tool

SECOND = "second"


# Not of the session: while Playwright is up its event loop counts as running, and the tests after
# these could not begin one of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; a skip says which package is missing."""
    chromium = tool("chromium")
    expect.set_options(timeout=30_000)  # on a busy machine; what comes sooner is seen sooner
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def shared_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with two adapters and an alias: one has scores, the other's entities are certain as
    they are read."""
    folder: Path = tmp_path_factory.mktemp("adapters")
    second = MANIFEST.replace('occurrences = "all"', 'occurrences = "as_read"')
    second = second.replace(f'name = "{ADAPTER}"', f'name = "{SECOND}"', 1)
    for name, manifest in {ADAPTER: MANIFEST + TABLE, SECOND: second}.items():
        (folder / name).mkdir()
        (folder / name / "adapter.toml").write_text(manifest, encoding="utf-8")
    registry = f'default = "{ADAPTER}"\n[aliases]\nproduction = "{ADAPTER}"\n'
    (folder / "registry.toml").write_text(registry, encoding="utf-8")
    with running(folder) as gateway:
        yield gateway


@pytest.fixture
def pair(shared_pair: Gateway) -> Gateway:
    """It, its engine as new: a model that finds nothing."""
    shared_pair.engine.reset()
    shared_pair.engine.script = completes("无")
    return shared_pair


@pytest.fixture
def page(browser: Browser, pair: Gateway) -> Iterator[Page]:
    """The playground of ``pair``, in English."""
    with opened(browser, pair.url) as page:
        yield page
