"""docs/howto/which-adapter.md, in both languages: its figures are those of what it links to."""

import re

import pytest

from tests.support.tools import ROOT

HOWTO = ROOT / "docs" / "howto"
PAGES = {
    name: (HOWTO / name).read_text(encoding="utf-8")
    for name in ("which-adapter.md", "which-adapter.zh.md")
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_what_rows_are_worth_is_what_the_table_has(page: str) -> None:
    """Of adapters that begin with the open one, with the labels as they are described now."""
    train = (HOWTO / "train.md").read_text(encoding="utf-8")
    measured = re.findall(r"^\| [\d,]+ \| \**(\.\d+)|^\| none \| (\.\d+)", train, re.MULTILINE)
    (said,) = re.findall(r"^\| .*train\.md#how-many-rows.*$", page, re.MULTILINE)
    assert re.findall(r"\.\d+", said) == sorted("".join(one) for one in measured)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_an_adapter_is_as_large_as_the_page_says(page: str) -> None:
    """Each of those that come with Nerve."""
    (said,) = re.findall(r"(\d+) MB", page)
    for name in ("clue-ner-lora-sft-peft", "open-ner-lora"):
        weights = ROOT / "adapters" / name / "adapter_model.safetensors"
        assert round(weights.stat().st_size / 1e6) == int(said)
