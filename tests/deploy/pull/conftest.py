"""A hub on the loopback."""

from collections.abc import Iterator

import pytest

from tests.deploy.pull.pulling import AT_HUB
from tests.support.file_server import FileServer, serving


@pytest.fixture
def hub() -> Iterator[FileServer]:
    """It has the small model."""
    with serving(FileServer(dict(AT_HUB))) as server:
        yield server
