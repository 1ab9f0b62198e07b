"""Which tokens end an answer, or say that there is nothing, as a tokenizer's tokens tell it."""

from collections.abc import Sequence

from service.ner.prompt import Message


def turns(empty: str) -> tuple[Message, ...]:
    """Messages of which ``empty``, the answer that there is nothing, is the last."""
    return {"role": "user", "content": "."}, {"role": "assistant", "content": empty}


def endings(answer: Sequence[int], turns: Sequence[int]) -> tuple[int, int] | None:
    """The first token of ``answer``, an answer that there is nothing, and the one that the chat
    template puts behind it in ``turns``; None when they do not tell it."""
    size = len(answer)
    for start in range(len(turns) - size - 1, -1, -1):
        if answer and list(turns[start : start + size]) == list(answer):
            return answer[0], turns[start + size]
    return None
