"""CoNLL columns as Chinese NER has them: a character and its BIO tag a line, a blank line between
texts. ``adapters.data.readers`` reads them as ``columns``.

White space cannot stand in the first column, so it is left empty there, and read back as a space:
a text comes back with its length, but with every line break, tab or wide space as a space.
"""

from collections.abc import Iterable
from typing import Any, TextIO

from deploy.bulk.formats.pieces import begun, one_word, pieces


def write(answers: Iterable[dict[str, Any]], file: TextIO) -> None:
    """All rows; labels with white space have ``_`` instead. Raises BulkFailed, see ``pieces``."""
    for place, answer in enumerate(answers):
        file.write("" if place else begun(answer["text"]))
        for piece, entity in pieces(answer):
            label = one_word(entity["label"]) if entity else None
            for position, character in enumerate(piece):
                tag = f"{'I' if position else 'B'}-{label}" if label else "O"
                file.write(f"{'' if character.isspace() else character} {tag}\n")
        file.write("\n")
