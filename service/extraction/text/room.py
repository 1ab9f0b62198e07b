"""The room that a prompt leaves in the model's window."""

from dataclasses import dataclass

from service.engine.client import Engine
from service.errors import RequestTooLarge
from service.extraction.text.asked import Asked
from service.ner.prompt import Prompt, render
from service.settings import Settings

# What a chat template adds around two messages, at most, and around each message more, in tokens.
TEMPLATE_TOKENS = 32
MESSAGE_TOKENS = 8
# The longest token of Qwen's vocabularies has 128 characters, all of them spaces.
LONGEST_TOKEN = 128
# Less room than this for an answer is no room.
LEAST_ANSWER_TOKENS = 32


@dataclass(frozen=True, slots=True)
class Room:
    """What it is told by, and who counts."""

    settings: Settings
    engine: Engine

    async def of(self, asked: Asked, prompt: Prompt, deadline: float) -> int:
        """Tokens that the completion may have. Raises RequestTooLarge when the window is full, and
        EngineFailure, since the engine may have to count."""
        served, size = asked.served, len(prompt.text.encode())
        wanted = min(served.format.max_tokens(size), self.settings.max_tokens)
        window = self.settings.max_model_len
        if _most_tokens(prompt) + wanted <= window:
            return wanted
        if len(prompt.text) > LONGEST_TOKEN * window:
            raise RequestTooLarge(
                f"text has {len(prompt.text)} characters; the model's window is {window} tokens",
                param="text",
            )
        used = await self.engine.count_tokens(served.engine_name, prompt.messages, deadline)
        if window - used >= LEAST_ANSWER_TOKENS:
            return min(wanted, window - used)
        await self._check_the_rest(asked, deadline)
        raise self._too_large(asked, size, used)

    async def _check_the_rest(self, asked: Asked, deadline: float) -> None:
        """Raises RequestTooLarge, and keeps it for other chunks, when labels and examples leave no
        room for a text of one character. Those of a tuned model are not the request's."""
        served, window = asked.served, self.settings.max_model_len
        if not served.is_open:
            return
        rest = render(
            served.template, asked.labels, "-", self.settings.added_tokens, asked.examples
        )
        if _most_tokens(rest) + LEAST_ANSWER_TOKENS <= window:
            return
        used = await self.engine.count_tokens(served.engine_name, rest.messages, deadline)
        if window - used < LEAST_ANSWER_TOKENS:
            asked.too_large.append(self._too_large(asked, 1, used))
            raise asked.too_large[-1]

    def _too_large(self, asked: Asked, text_bytes: int, used: int) -> RequestTooLarge:
        """Beside a prompt of so many tokens, with a text of so many bytes, no answer has room."""
        blamed, takes = asked.fills_most(text_bytes)
        window = self.settings.max_model_len
        return RequestTooLarge(
            f"{takes} a prompt of {used} tokens; the model's window is {window} tokens, "
            f"of which the answer needs {LEAST_ANSWER_TOKENS}",
            param=blamed,
        )


def _most_tokens(prompt: Prompt) -> int:
    """So many tokens it has at most, for all that is known without the engine: a token is a byte at
    least. Most texts need no count."""
    at_most = sum(len(message["content"].encode()) for message in prompt.messages)
    return at_most + TEMPLATE_TOKENS + MESSAGE_TOKENS * max(len(prompt.messages) - 2, 0)
