"""Answer formats: how mentions are written in a completion. One module each, named as in manifests.

To add one: write a module with the members of ``Format``, list it in ``FORMATS``, add its rows to
``tests/service/ner/test_formats.py``. The property tests pick it up by themselves.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from service.ner.formats import (
    entity_lines,
    inline_tags,
    json_list,
    lines,
    objects,
    python_dict,
    surface_lines,
)
from service.ner.formats.reader import Reader
from service.ner.types import Constraint, Decoded, Label, Mention


class Format(Protocol):
    """What a format module offers.

    ``EMPTY`` is the answer that there is nothing, of formats whose answers go on until the model
    ends them; None where something in the answer says so (a bracket, the text's end).
    """

    @property
    def EMPTY(self) -> str | None:  # noqa: N802 - a constant of a module
        ...

    def encode(
        self, mentions: Sequence[Mention], labels: Sequence[Label], text: str | None = None
    ) -> str:
        """The completion that states ``mentions`` of ``text``; never empty.

        A format that repeats the text raises ValueError without it.
        """

    def decode(self, completion: str, labels: Sequence[Label], *, complete: bool) -> Decoded:
        """Read any completion; never raises. ``complete`` is False when its end was cut off."""

    def reader(self, labels: Sequence[Label]) -> Reader:
        """Reads a completion while it is being written; ``decode`` is this, fed all at once."""

    def grammar(self, text: str, labels: Sequence[Label], constraint: Constraint) -> str | None:
        """The Lark grammar (llguidance) that holds the engine to this format; None for ``none``."""

    def refuse_label(self, written: str) -> str | None:
        """Why a label cannot be written in this format, or None when it can."""

    def max_tokens(self, size: int) -> int:
        """Room, in tokens, for the answer to a text of ``size`` bytes of UTF-8."""


FORMATS: Mapping[str, Format] = {
    "json": json_list,
    "lines": lines,
    "python_dict": python_dict,
    "inline_tags": inline_tags,
    "objects": objects,
    "entity_lines": entity_lines,
    "surface_lines": surface_lines,
}
