"""spaCy's training data: pairs, documents as JSON (``Doc.to_json``, Prodigy), and DocBin."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from adapters.data.examples import Example
from adapters.data.readers.entity import entity
from adapters.data.readers.errors import BadRow, DataError, NotAccepted
from adapters.data.readers.fields import field, items, table, text_of
from service.ner.types import Label
from service.wire.wording import shown


def read(row: Any, labels: Sequence[Label]) -> Example:
    """Ends are exclusive. Raises BadRow, and NotAccepted for what Prodigy's annotators rejected or
    ignored."""
    if isinstance(row, list):
        text, notes = items(row, "the row", 2)
        found = items(field(table(notes, "the row[1]"), "entities"), "entities")
        spans = [tuple(items(one, "entities", 3)) for one in found]
        fields: Any = {"text": text}
    else:
        fields = table(row, "the row")
        if (answer := fields.get("answer")) in ("reject", "ignore"):
            raise NotAccepted(f"answer is {shown(answer)}")
        if answer not in (None, "accept"):
            raise BadRow(f"answer has {shown(answer)}; expected accept, reject or ignore")
        if "paragraphs" in fields:
            raise BadRow("this is spaCy 2's format with paragraphs; expected a DocBin, made by "
                         "`python -m spacy convert`")  # fmt: skip
        name = "ents" if "ents" in fields else "spans"
        listed = [table(one, name) for one in items(field(fields, name), name)]
        spans = [(field(one, "start"), field(one, "end"), field(one, "label")) for one in listed]
    text = text_of(fields)
    return Example(text, tuple(entity(text, labels, label, *span) for *span, label in spans))


def documents(path: Path) -> Iterator[tuple[int, Any]]:
    """The documents of a DocBin as rows that ``read`` takes. Raises DataError."""
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError as exc:
        raise DataError(
            f"{path}: a DocBin is read with spaCy, which is not installed; expected once: "
            "python -m pip install spacy, or the data as JSON"
        ) from exc
    try:
        found = list(DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))
    except Exception as exc:  # whatever its parts raise at bytes that are none
        raise DataError(f"{path}: no DocBin of spaCy's") from exc
    for number, document in enumerate(found, 1):
        spans = [[one.start_char, one.end_char, one.label_] for one in document.ents]
        yield number, [document.text, {"entities": spans}]
