"""spaCy's own files."""

import sys
from pathlib import Path

import pytest

from adapters.data.readers import DataError, read
from tests.adapters.data.labelled import GOLD, SPANS, TEXT, written


def test_without_spacy_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the data in another form."""
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(DataError, match="read with spaCy, which is not installed; expected"):
        read(written(tmp_path, "", "a.spacy"), "auto", ())


@pytest.mark.slow  # importing spaCy takes a second
def test_with_spacy(tmp_path: Path) -> None:
    """Documents with their entities; bytes that are none are said to be none."""
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import DocBin

    document = spacy.blank("zh")(TEXT)
    document.ents = [document.char_span(start, end, label) for start, end, label in SPANS]
    path = tmp_path / "a.spacy"
    DocBin(docs=[document]).to_disk(path)
    assert read(path, "auto", ()).examples == [GOLD]
    with pytest.raises(DataError, match="no DocBin of spaCy's"):
        read(written(tmp_path, "no", "b.spacy"), "auto", ())
