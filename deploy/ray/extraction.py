"""What stands before and behind the engine: from a row to its pieces, from a piece to the prompt,
from a completion to a line of the output. Pure; a piece is one JSON object, so any id fits."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.bulk.row import Row
from service.models.manifest import Adapter
from service.ner.align import align
from service.ner.chunk import chunks
from service.ner.control_tokens import disarm
from service.ner.fold import fold
from service.ner.formats import FORMATS
from service.ner.narrowing import narrowed
from service.ner.prompt import render
from service.ner.types import Constraint, Label
from service.ner.unfolding import unfolded

Piece = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extraction:
    """What is sought, and how. ``window`` and ``max_tokens`` are the gateway's, in tokens.

    ``labels`` are those of the prompt, ``wanted`` the names of those that are written, None for all
    of them; ``bias`` is added to the logits of these tokens, which end an answer.
    """

    adapter: Adapter
    labels: tuple[Label, ...]
    added_tokens: tuple[str, ...]
    constraint: Constraint = "grounded"
    window: int = 2048
    max_tokens: int = 1024
    wanted: frozenset[str] | None = None
    bias: Mapping[int, float] = field(default_factory=dict)

    def pieces(self, file: str, row: Row) -> Iterator[Piece]:
        """The row's text in pieces that the adapter was trained for, one that cannot be asked for
        with its ``error``. A blank text is one piece, for which the engine is not asked either."""
        head = {"file": file, "row": row.number} | ({} if row.id is None else {"id": row.id})
        if row.text is None:
            yield {**head, "text": None, "offset": 0, "error": row.error}
            return
        folded = fold(row.text)
        found = chunks(folded.text, self.adapter.max_chars)
        asked = [one for one in found if not one.text.isspace()]
        if not asked:
            yield {**head, "text": row.text, "offset": 0}
        for one in asked:
            start = folded.cut(one.start)
            yield {**head, "text": row.text[start : folded.cut(one.end)], "offset": start}

    def request(self, piece: Piece) -> dict[str, Any]:
        """The columns that Ray's vLLM processor wants, for a piece with a text."""
        read = fold(piece["text"]).text
        prompt = render(self.adapter.template, self.labels, read, self.added_tokens)
        answer = FORMATS[self.adapter.format]
        grammar = answer.grammar(prompt.text, self.labels, self.constraint)
        return {
            # Another name than the model's is taken for the folder of a LoRA adapter.
            "model": str(Path(self.adapter.folder).absolute()),
            "messages": [dict(message) for message in prompt.messages],
            "sampling_params": {
                "temperature": 0.0,
                "repetition_penalty": 1.0,
                "max_tokens": self._room(prompt.text),
                **({} if grammar is None else {"structured_outputs": {"grammar": grammar}}),
                # Numbers, as vLLM wants them: Ray pickles the column, since Arrow's keys are words.
                **({"logit_bias": dict(self.bias)} if self.bias else {}),
            },
        }

    def line(self, piece: Piece, made: Mapping[str, Any]) -> dict[str, Any]:
        """What is written for a piece: its entities, with offsets in the piece's own text.

        ``made`` are the processor's columns.
        """
        if error := made.get("__inference_error__"):
            return {**piece, "entities": [], "error": str(error)}
        folded = fold(piece["text"])
        text = disarm(folded.text, self.added_tokens)
        used = made["num_generated_tokens"]
        complete = used < self._room(text) and made["num_input_tokens"] + used < self.window
        answer = FORMATS[self.adapter.format]
        decoded = answer.decode(made["generated_text"], self.labels, complete=complete)
        titles = self.adapter.decoding.titles_of(self.labels)
        aligned = align(text, decoded.mentions, self.adapter.occurrences, titles=titles)
        wants = narrowed(self.labels, self.wanted)
        entities, overlapping = unfolded(filter(wants, aligned.entities), folded)
        dropped = [one for one in (*decoded.dropped, *aligned.dropped) if wants(one)]
        return {
            **piece,
            "entities": [
                {
                    "label": entity.label,
                    "text": piece["text"][entity.start : entity.end],
                    "start": entity.start,
                    "end": entity.end,
                    "score": None,
                }
                for entity in entities
            ],
            "dropped": [asdict(one) for one in (*dropped, *overlapping)],
            "truncated": not complete,
            "model": self.adapter.name,
        }

    def unasked(self, piece: Piece) -> dict[str, Any]:
        """What is written for a piece without a text to ask for."""
        if "error" in piece:
            return {**piece, "entities": []}
        return {
            **piece,
            "entities": [],
            "dropped": [],
            "truncated": False,
            "model": self.adapter.name,
        }

    def _room(self, text: str) -> int:
        """Tokens that the completion may have; the engine itself ends it with the window."""
        return min(FORMATS[self.adapter.format].max_tokens(len(text.encode())), self.max_tokens)


def is_asked(piece: Piece) -> bool:
    """Is there something to ask the engine?"""
    return "error" not in piece and bool(fold(piece["text"]).text.strip())
