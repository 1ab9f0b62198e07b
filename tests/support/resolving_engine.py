"""A scripted engine that finds adapters as vLLM's filesystem resolver does."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

from starlette.types import Receive, Send

from tests.support.fake_engine import FakeEngine, answer, completes

MODEL = "/models/base"
BROKEN = b"broken"


class ResolvingEngine(FakeEngine):
    """Serves ``base``, and from ``store`` what is first asked for by its folder's name.

    An adapter's completion is the text of its weights, so each answers otherwise. Names in
    ``held`` answer only after the event was set; ``holding`` is set while one waits.
    """

    def __init__(self, base: str, store: Path) -> None:
        super().__init__(base)
        self.base, self.store = base, store
        self.held: dict[str, threading.Event] = {}
        self.holding = threading.Event()
        self.script = self.speak

    def restart(self) -> None:
        """Forget what was loaded."""
        self.models = [self.base]

    def _model(self, name: str) -> dict[str, object]:
        root = MODEL if name == self.base else str(self.store / name)
        return {**super()._model(name), "root": root}

    async def _complete(self, body: dict[str, Any], receive: Receive, send: Send) -> None:
        status = self._resolve(body["model"])
        if status == 200:
            await super()._complete(body, receive, send)
        else:
            await answer(send, {"error": {"message": "no"}}, status)

    def _resolve(self, name: str) -> int:
        if name in self.models:
            return 200
        folder = self.store / name
        if not folder.is_dir():
            return 404
        config = json.loads((folder / "adapter_config.json").read_text())
        if (config["peft_type"], config["base_model_name_or_path"]) != ("LORA", MODEL):
            return 404
        if (folder / "adapter_model.safetensors").read_bytes().startswith(BROKEN):
            return 400
        self.models.append(name)
        return 200

    async def speak(self, body: dict[str, Any], receive: Receive, send: Send) -> None:
        """The script: an adapter says its weights."""
        name = body["model"]
        if name in self.held:
            self.holding.set()
            assert await asyncio.to_thread(self.held[name].wait, 10), "nobody let it go on"
        weights = self.store / name / "adapter_model.safetensors"
        text = "[]" if name == self.base else weights.read_text(encoding="utf-8")
        await completes(text)(body, receive, send)
