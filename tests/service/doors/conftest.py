"""A gateway that asks its callers for a key, wherever their client puts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.guard.keys import sha256_of
from tests.conftest import SELDOM, Gateway, running


@pytest.fixture(scope="session")
def with_keys(adapters: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One key, ``sesame``, for extraction."""
    keys = tmp_path_factory.mktemp("keys") / "keys.toml"
    keys.write_text(f'[keys.partner]\nsha256 = "{sha256_of(b"sesame")}"\nscopes = ["extract"]\n')
    with running(adapters, api_keys_file=keys, **SELDOM) as gateway:
        yield gateway
