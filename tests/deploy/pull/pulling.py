"""A small model to be pulled, and who is told of it."""

import hashlib
import json
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

from deploy.pull.catalogue import BaseModel, Catalogue, ModelFile, Repository, Source
from deploy.pull.pull import pull
from deploy.pull.store import PulledModel

TOKENIZER = json.dumps({"added_tokens": [{"content": "<|im_end|>"}, {"content": "<tool_call>"}]})
FILES = {"tokenizer.json": TOKENIZER.encode(), "weights.bin": random.Random(2).randbytes(1 << 20)}
HUB, SCOPE = Repository("hub", "o/m", "main"), Repository("modelscope", "o/m", "master")
AT_HUB = {f"/o/m/resolve/main/{name}": body for name, body in FILES.items()}
AT_SCOPE = {f"/models/o/m/resolve/master/{name}": body for name, body in FILES.items()}
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens


@dataclass
class Told:
    """A Reporter that remembers."""

    phases: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    started_from: list[int] = field(default_factory=list)
    done: int = 0

    def phase(self, name: str, total: int, done: int = 0) -> None:
        self.phases.append(name)
        self.started_from.append(done)

    def at(self, done: int) -> None:
        self.done = done

    def say(self, line: str) -> None:
        self.lines.append(line)


def safetensors(size: int) -> bytes:
    """A file of one tensor of that many bytes."""
    header = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"w" * size


def catalogue(*sources: Source, hub: str = NOWHERE, modelscope: str = NOWHERE) -> Catalogue:
    files = tuple(
        ModelFile(name, len(body), hashlib.sha256(body).hexdigest()) for name, body in FILES.items()
    )
    model = BaseModel("m", "checkpoint", files, sources, 0)
    return Catalogue({"m": model}, {"hub": hub, "modelscope": modelscope})


def run(home: Path, known: Catalogue, told: Told | None = None, **environ: str) -> PulledModel:
    return pull("m", home, Path(sys.executable), told, catalogue=known, environ=environ)


def assert_whole(home: Path, pulled: PulledModel) -> None:
    assert pulled == PulledModel(home / "models" / "m", ("<tool_call>", "<|im_end|>"))
    for name, body in FILES.items():
        assert (pulled.path / name).read_bytes() == body
    assert sorted(path.name for path in (home / "models" / ".work").iterdir()) == ["m.lock"]
