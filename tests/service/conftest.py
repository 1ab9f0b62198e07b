"""A gateway whose adapter says how certain its entities are."""

from collections.abc import Iterator

import pytest

from tests.conftest import SELDOM, Gateway, running
from tests.support.scoring import calibrated_adapters


@pytest.fixture(scope="session")
def shared_scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Its adapter has a calibration for grounded requests."""
    folder = calibrated_adapters(tmp_path_factory.mktemp("adapters"))
    with running(folder, **SELDOM) as gateway:
        yield gateway


@pytest.fixture
def scored(shared_scored: Gateway) -> Gateway:
    """It, its engine as new."""
    shared_scored.engine.reset()
    return shared_scored
