"""A calibration in a manifest: what a faulty one is told, and what a good one makes of a score."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.models.calibration import beta
from service.models.manifest import ManifestError, load
from tests.conftest import ADAPTER, MANIFEST
from tests.support.scoring import TABLE

GROUNDED = MANIFEST + TABLE


def loaded(folder: Path, text: str) -> tuple[object, ...]:
    """The calibrations of a manifest."""
    (folder / ADAPTER).mkdir()
    (folder / ADAPTER / "adapter.toml").write_text(text, encoding="utf-8")
    return load(folder / ADAPTER).calibrations


def test_a_calibration_is_read(tmp_path: Path) -> None:
    """One a constraint; it makes the identity of (1, 1, 0)."""
    both = GROUNDED + TABLE.replace("grounded", "none").replace("[1.0, 1.0, 0.0]", "[0, 2, -1.5]")
    first, second = loaded(tmp_path, both)
    assert first.constraint == "grounded"  # type: ignore[attr-defined]
    assert first(0.25) == pytest.approx(0.25)  # type: ignore[operator]
    assert second.parameters == (0.0, 2.0, -1.5)  # type: ignore[attr-defined]


def test_a_manifest_without_one_has_none(tmp_path: Path) -> None:
    """And nothing else changes."""
    assert loaded(tmp_path, MANIFEST) == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[calibration.grounded]", "[calibration.tight]", "tables named grounded, schema, none"),
        ("[calibration.grounded]", "[calibration]", "expected [calibration.CONSTRAINT] tables"),
        ('"beta"', '"magic"', "calibration.grounded.method = 'magic'; expected one of beta"),
        ("[1.0, 1.0, 0.0]", "[1.0, 1.0]", "parameters = [1.0, 1.0]; expected three numbers"),
        ("[1.0, 1.0, 0.0]", "[-1.0, 1.0, 0.0]", "the first two not below 0"),
        ("[1.0, 1.0, 0.0]", "[1.0, inf, 0.0]", "expected three numbers"),
        ('"01234567"', '"76543210"', "expected that of the weights, '01234567': calibrate anew"),
        ("sentences = 500", "sentences = 0", "sentences = 0; expected a whole number above 0"),
        ("f1 = 0.8", "f1 = 80", "calibration.grounded.f1 = 80; expected a number from 0 to 1"),
        ("ece_after = 0.02", "", "ece_after = None; expected a number from 0 to 1"),
    ],
)
def test_a_faulty_calibration_is_told_what_is_wrong(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    """The file, the key, the value, what was expected."""
    assert old in GROUNDED
    with pytest.raises(ManifestError) as refusal:
        loaded(tmp_path, GROUNDED.replace(old, new))
    assert f"{ADAPTER}/adapter.toml: calibration" in str(refusal.value)
    assert says in str(refusal.value)


weights = st.floats(0, 50)


@given(
    st.tuples(weights, weights, st.floats(-50, 50)),
    st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted),
)
def test_a_calibration_stays_in_bounds_and_in_order(
    parameters: tuple[float, float, float], scores: list[float]
) -> None:
    """From 0 to 1, whatever the parameters; never lower for a higher raw score."""
    low, high = (beta(parameters, score) for score in scores)
    assert 0 <= low <= high <= 1
