"""An adapter with a calibration, and an engine that tells how sure it is."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.types import Receive, Send

from tests.conftest import ADAPTER, MANIFEST
from tests.support.fake_engine import Script, answer

# The identity, so that what a test reads is what the engine said.
TABLE = """
[calibration.grounded]
method = "beta"
sha256 = "01234567"
split = "train, 500 rows held out"
date = "2026-11-24"
parameters = [1.0, 1.0, 0.0]
sentences = 500
entities = 700
ece_before = 0.2
ece_after = 0.02
min_score = 0.5
f1 = 0.8
f1_before = 0.75
"""


def calibrated_adapters(folder: Path) -> Path:
    """An adapters folder; its adapter, the default, has a calibration for grounded requests."""
    (folder / ADAPTER).mkdir()
    (folder / ADAPTER / "adapter.toml").write_text(MANIFEST + TABLE, encoding="utf-8")
    (folder / "registry.toml").write_text(f'default = "{ADAPTER}"\n', encoding="utf-8")
    return folder


def surely(text: str, doubts: Mapping[str, float] | None = None, end: float = 1.0) -> Script:
    """A script: the model writes ``text``, a token a character. The probability of each is 1 but
    for those in ``doubts``; ``end`` is that of the token that ends it all."""
    told = [(character, (doubts or {}).get(character, 1.0)) for character in text]

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        choice: dict[str, Any] = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
        }
        if body.get("logprobs"):
            tokens = [*told, ("<|im_end|>", end)]
            content = [{"token": t, "logprob": math.log(p), "bytes": None} for t, p in tokens]
            choice["logprobs"] = {"content": content}
        usage = {"prompt_tokens": 96, "completion_tokens": 15, "total_tokens": 111}
        await answer(send, {"id": "chatcmpl-1", "choices": [choice], "usage": usage})

    return script
