"""From an example to token ids, with the renderer and the codec that ``/extract`` uses.

The answer and the two tokens that end it are learned, everything before it is not; the two are
tokenised apart, as they are when an engine completes a prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.data.examples import Example, as_read
from service.ner.formats import FORMATS
from service.ner.prompt import TEMPLATE_ARGUMENTS, Message, Prompt, Template, render
from service.ner.types import Label

_END = "<|im_end|><|endoftext|>"


class RowTooLong(Exception):
    """Rows above the token limit; an answer is never cut in silence."""


class Tokenizer(Protocol):
    """What is used of a transformers tokenizer."""

    def apply_chat_template(
        self,
        conversation: list[Message],
        *,
        add_generation_prompt: bool,
        tokenize: bool,
        enable_thinking: bool,
    ) -> str:
        """The conversation as one string; templates without thinking ignore the last."""

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Token ids."""

    def get_added_vocab(self) -> dict[str, int]:
        """The added tokens, with their ids."""


@dataclass(frozen=True, slots=True)
class Row:
    """``ids`` of prompt and answer; the first ``prompt`` of them are given, the rest learned."""

    ids: tuple[int, ...]
    prompt: int


@dataclass(frozen=True, slots=True)
class Encoder:
    """Renders rows for one template and one answer format; ``longest`` row in tokens."""

    tokenizer: Tokenizer
    template: Template
    format: str
    longest: int = 2048

    def render(self, text: str, labels: Sequence[Label]) -> Prompt:
        """The messages for a folded text, as ``/extract`` sends them."""
        return render(self.template, labels, text, sorted(self.tokenizer.get_added_vocab()))

    def prompt(self, text: str, labels: Sequence[Label]) -> str:
        """The prompt as one string, as the engine makes it of the messages."""
        messages = list(self.render(text, labels).messages)
        return self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False, **TEMPLATE_ARGUMENTS
        )

    def row(self, example: Example, labels: Sequence[Label]) -> Row:
        """The training row, folded as texts are; raises RowTooLong above ``longest`` tokens."""
        read = as_read(example)
        prompt = self._ids(self.prompt(read.text, labels))
        answer = FORMATS[self.format].encode(read.mentions, labels, read.text)
        ids = prompt + self._ids(answer + _END)
        if len(ids) > self.longest:
            raise RowTooLong(f"{len(ids)} tokens with its prompt and answer")
        return Row(tuple(ids), len(prompt))

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False)
