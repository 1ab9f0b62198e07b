"""What a model writes, streamed where the gateway asks for a stream, else whole."""

import asyncio
import math
import threading
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Send

from service.ner.fold import fold
from tests.support.fake_engine import Script, text_of
from tests.support.streaming import Words, ends, says


def completes(text: str, finish_reason: str = "stop") -> Script:
    """A script: the model writes ``text``, a character at a time."""
    return Words(list(text), reason=finish_reason)


def finds(*surfaces: str, label: str = "姓名") -> Script:
    """A script: the model writes a line for each of ``surfaces`` that stands in the text, as the
    prompt has it: folded."""
    folded = [fold(surface).text for surface in surfaces]

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        text = text_of(body)
        lines = [f"{label}：{surface}" for surface in folded if surface in text]
        await completes("\n".join(lines) or "无")(body, receive, send)

    return script


def surely(text: str, doubts: Mapping[str, float] | None = None) -> Script:
    """A script: the model writes ``text``. The probability of each character is 1 but for those in
    ``doubts``."""
    tokens = [[(one, math.log((doubts or {}).get(one, 1.0)))] for one in text]
    return Words(list(text), [*tokens, [("<|im_end|>", 0.0)]])


def waits(first: str, go_on: threading.Event, rest: str) -> Script:
    """A script: the model writes ``first``, and ``rest`` when it may go on."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        await asyncio.to_thread(go_on.wait, 60)
        await ends(*rest)(body, receive, send)

    return says(*first, then=script)
