"""The rows of `make faults`, on a gateway process that lives through all of them."""

from collections.abc import Iterator

import pytest

from tests.faults import own_faults, trial
from tests.faults.engine_faults import ENGINE_FAULTS, Fault
from tests.faults.stand import FAKETIME, Stand, stand
from tests.support.tools import lacks

# Times are for `make faults`; here the machine may be busy with other tests.
SLACK, DEADLINE_S, ASKED = 60.0, 8, 2


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """An engine process, the link to it and a gateway process."""
    with stand(tmp_path_factory.mktemp("faults"), deadline_s=DEADLINE_S) as found:
        yield found


@pytest.mark.parametrize("fault", ENGINE_FAULTS, ids=lambda fault: fault.name)
def test_callers_are_told_and_all_is_well_again(one: Stand, fault: Fault) -> None:
    """One status, /live at 200 all the time, and recovery without a restart."""
    assert trial.trial(one, fault, SLACK, ASKED).wrong is None


def test_an_engine_that_dies_at_work(one: Stand) -> None:
    """Its caller is told so, rather than left waiting."""
    assert trial.killed_in_flight(one).wrong is None


def test_a_full_disk(one: Stand) -> None:
    """500 that says what cannot be written; what is served goes on, and recovery by itself."""
    assert [row.wrong for row in own_faults.full_disk(one)] == [None, None]


def test_a_clock_that_jumps(one: Stand) -> None:
    """No request notices: everything is timed by the monotonic clock."""
    if FAKETIME is None:
        lacks("libfaketime")
    assert [row.wrong for row in own_faults.clock_jumps(one)] == [None, None]


def test_settings_with_a_mistake(one: Stand) -> None:
    """The message names the setting, its value and what was expected."""
    assert [row.wrong for row in own_faults.typos(one.adapters)] == [None] * len(own_faults.TYPOS)
