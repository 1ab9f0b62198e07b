"""Which adapter answers by default, and what a new one has to show."""

import tomllib
from pathlib import Path

import pytest

from adapters.data.examples import Example
from adapters.registering.promote import promote
from service.models import manifest, names
from service.models.registry import default_of
from tests.adapters.measuring.reports import GOLD, HALF, measured
from tests.support.adapter_folders import BASE, put_adapter, put_alias


def test_the_first_adapter_becomes_the_default(tmp_path: Path) -> None:
    verdict = promote(tmp_path, "clue-2", GOLD, None, measured("clue-2", HALF))
    assert verdict.promoted
    assert default_of(tmp_path) == "clue-2"


def test_without_a_default_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    """A report that is given nevertheless is of no default."""
    verdict = promote(tmp_path, "new", GOLD, measured("old", GOLD), measured("new", HALF))
    assert (verdict.promoted, verdict.reason) == (
        True,
        "new is the default now; there was none before",
    )


def test_a_better_adapter_is_promoted_and_a_worse_one_is_not(tmp_path: Path) -> None:
    registry = tmp_path / "registry.toml"
    registry.write_text('# ours\ndefault = "old"\n\n[aliases]\nclue = "old"\n', encoding="utf-8")
    good, bad = measured("new", GOLD), measured("old", HALF)
    assert promote(tmp_path, "new", GOLD, bad, good).promoted
    text = registry.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {"default": "new", "aliases": {"clue": "old"}}
    assert "# ours" in text
    verdict = promote(tmp_path, "old", GOLD, good, bad)
    assert not verdict.promoted
    assert "old may be worse than new: difference in F1 -0.3333" in verdict.reason
    assert default_of(tmp_path) == "new"


def test_a_report_about_another_adapter_promotes_nothing(tmp_path: Path) -> None:
    verdict = promote(tmp_path, "new", GOLD, None, measured("old", GOLD))
    assert not verdict.promoted
    assert verdict.reason == "the report is about old, not about new"
    found = {**measured("new", GOLD), "weights": "01234567"}
    verdict = promote(tmp_path, "new", GOLD, None, found, "89abcdef")
    assert not verdict.promoted
    assert verdict.reason == "the report is about the weights 01234567, not about 89abcdef"
    assert promote(tmp_path, "new", GOLD, None, found, "01234567").promoted


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"constraint": "none"}, "constraint none and constraint grounded"),
        ({"overlaps": "all"}, "overlaps all and overlaps longest"),
        ({"end_bias": -1.0}, "end_bias -1.0 and its manifest's end_bias"),
        ({"scores": "raw"}, "scores raw and scores calibrated"),
    ],
)
def test_reports_that_were_asked_differently_promote_nothing(
    tmp_path: Path, asked: dict[str, object], reason: str
) -> None:
    names.set_default(tmp_path, "old")
    old = {**measured("old", HALF), **asked}
    verdict = promote(tmp_path, "new", GOLD, old, measured("new", GOLD))
    said = f"the reports were made with {reason}: expected one of them"
    assert (verdict.promoted, verdict.reason) == (False, said)


def test_the_defaults_report_is_of_its_weights(tmp_path: Path) -> None:
    """Worse ones that it had before are no bar."""
    has = manifest.load(put_adapter(tmp_path, "old")).version
    names.set_default(tmp_path, "old")
    old, new = measured("old", HALF), measured("new", GOLD)
    verdict = promote(tmp_path, "new", GOLD, {**old, "weights": "01234567"}, new)
    assert not verdict.promoted
    assert verdict.reason == (
        f"the report about old is of its weights 01234567; it has {has} now: measure these"
    )
    assert promote(tmp_path, "new", GOLD, {**old, "weights": has}, new).promoted


@pytest.mark.parametrize("model", [None, "another"])
def test_a_default_is_replaced_only_with_its_own_report(model: str | None, tmp_path: Path) -> None:
    names.set_default(tmp_path, "old")
    old = measured(model, HALF) if model else None
    verdict = promote(tmp_path, "new", GOLD, old, measured("new", GOLD))
    assert not verdict.promoted
    assert verdict.reason.startswith("the default is old: expected its report to compare with")
    assert default_of(tmp_path) == "old"


def test_labels_that_the_default_does_not_take(tmp_path: Path) -> None:
    """Whatever answers for them today is what the new one has to equal: mostly the open adapter."""
    put_adapter(tmp_path, "old")  # names alone
    names.set_default(tmp_path, "old")
    new = measured("new", GOLD)
    for old in (None, measured("new", HALF)):
        verdict = promote(tmp_path, "new", GOLD, old, new)
        assert "the default, old, does not take the labels of these rows" in verdict.reason
        assert default_of(tmp_path) == "old"
    verdict = promote(tmp_path, "new", GOLD, new | {"model": "open"}, measured("new", HALF))
    assert verdict.reason.startswith("new may be worse than open: difference in F1 -0.3333")
    verdict = promote(tmp_path, "new", GOLD, measured("open", HALF), new)
    assert "in place of old, and no worse than open: difference in F1 +0.3333" in verdict.reason
    assert (verdict.promoted, default_of(tmp_path)) == (True, "new")


@pytest.mark.parametrize(("sentences", "gold"), [(19, 19), (20, 1), (20, 0)])
def test_too_few_sentences_say_nothing(sentences: int, gold: int, tmp_path: Path) -> None:
    """The interval of one has no width; where there is nothing to find, F1 is 0 on both sides."""
    names.set_default(tmp_path, "old")
    rows = GOLD[:gold] + [Example("你好", ())] * (sentences - gold)
    old, new = measured("old", rows, rows), measured("new", rows, rows)
    verdict = promote(tmp_path, "new", rows, old, new)
    assert (verdict.promoted, default_of(tmp_path)) == (False, "old")
    assert verdict.reason.startswith(f"{gold} of these sentences have an entity; expected 20 or mo")
    assert not promote(tmp_path, "old", rows, old, old).promoted


def test_a_disabled_adapter_is_not_promoted(tmp_path: Path) -> None:
    names.set_disabled(tmp_path, "new", True)
    verdict = promote(tmp_path, "new", GOLD, None, measured("new", GOLD))
    assert (verdict.promoted, verdict.reason) == (False, "new is disabled in registry.toml")


def test_an_adapter_of_another_base_is_not_promoted(tmp_path: Path) -> None:
    """The base that is served would have no default, and answer itself."""
    names.set_default(tmp_path, "old")
    put_adapter(tmp_path, "new", {"base": "Qwen2.5-7B-Instruct"})
    reports = measured("old", HALF), measured("new", GOLD)
    verdict = promote(tmp_path, "new", GOLD, *reports, base=BASE)
    says = f"new is for Qwen2.5-7B-Instruct; expected an adapter of {BASE}, which NERVE_BASE_MODEL"
    assert (verdict.promoted, default_of(tmp_path)) == (False, "old")
    assert verdict.reason.startswith(says)
    assert promote(tmp_path, "new", GOLD, *reports, base="Qwen2.5-7B-Instruct").promoted


def test_an_alias_as_default_is_compared_by_the_adapter_behind_it(tmp_path: Path) -> None:
    put_alias(tmp_path, "latest", "old")
    names.set_default(tmp_path, "latest")
    assert promote(tmp_path, "new", GOLD, measured("old", HALF), measured("new", GOLD)).promoted


@pytest.mark.parametrize(
    ("before", "now", "promoted", "reason"),
    [
        (HALF, GOLD, True, "mine is the default already, and no worse than in its old report: "),
        (GOLD, HALF, False, "mine stays the default, but may be worse than in its old report: "),
    ],
)
def test_the_default_is_compared_with_what_it_was(
    before: list[Example], now: list[Example], promoted: bool, reason: str, tmp_path: Path
) -> None:
    """Other weights were registered under its name; the file stays, with the alias in it."""
    put_alias(tmp_path, "latest", "mine")
    names.set_default(tmp_path, "latest")
    was = (tmp_path / names.FILE_NAME).read_bytes()
    verdict = promote(tmp_path, "mine", GOLD, measured("mine", before), measured("mine", now))
    assert verdict.promoted == promoted
    assert verdict.reason.startswith(f"{reason}difference in F1")
    assert (tmp_path / names.FILE_NAME).read_bytes() == was
