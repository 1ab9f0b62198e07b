"""What a door costs: milliseconds to the first byte of an answer, beside those of ``/extract`` and
of a chat, asked in turn in front of a scripted engine: ``python -m tests.clients.first_byte``."""

import json
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from service.wire import cbor
from tests.conftest import ADAPTER, MANIFEST, Gateway, running
from tests.support.fake_engine import Script, streams
from tests.support.openai_script import CHAT, DONE, MESSAGES, RESPONSES, event
from tests.support.scoring import surely

TEXT = "浙商银行的叶老桂"
ROUNDS, WARM = 200, 20

Case = tuple[Script, str, bytes, dict[str, str]]


def main() -> None:
    """One line a route."""
    with TemporaryDirectory() as folder, running(_adapters(Path(folder))) as gateway:
        cases = _cases()
        taken: dict[str, list[float]] = {name: [] for name in cases}
        for round_ in range(WARM + ROUNDS):
            for name, case in cases.items():
                seconds = _first_byte(gateway, *case)
                if round_ >= WARM:
                    taken[name].append(seconds)
        for name, seconds_each in taken.items():
            print(f"{name:28} {median(seconds_each) * 1000:.2f} ms")


def _cases() -> dict[str, Case]:
    finds = surely("公司：浙商银行\n姓名：叶老桂")
    amazon = {"Text": TEXT, "LanguageCode": "zh"}
    target = {"x-amz-target": "Comprehend_20171127.DetectEntities"}
    documents = {"documents": [{"id": "0", "text": TEXT}]}
    created = b'event: response.created\ndata: {"response":{"model":"clue@01234567"}}\n\n'
    operation = "/service/Comprehend_20171127/operation/DetectEntities"
    return {
        "/extract": _json(finds, "/extract", {"text": TEXT, "scores": "raw"}),
        "Hugging Face": _json(finds, "/", {"inputs": TEXT}),
        "Comprehend, JSON": _json(finds, "/", amazon, target),
        "Comprehend, CBOR": (finds, operation, cbor.dumps(amazon), {}),
        "Azure": _json(
            finds,
            "/language/:analyze-text",
            {"kind": "EntityRecognition", "analysisInput": documents},
        ),
        "Presidio": _json(finds, "/analyze", {"text": TEXT, "language": "zh"}),
        "/v1/chat/completions, stream": _json(
            streams(event("x"), DONE), CHAT, {"messages": MESSAGES, "stream": True}
        ),
        "/v1/responses, stream": _json(
            streams(created), RESPONSES, {"input": TEXT, "stream": True}
        ),
    }


def _json(script: Script, path: str, body: Any, headers: dict[str, str] | None = None) -> Case:
    return (
        script,
        path,
        json.dumps(body).encode(),
        {
            "content-type": "application/json",
            **(headers or {}),
        },
    )


def _first_byte(
    gateway: Gateway, script: Script, path: str, body: bytes, headers: dict[str, str]
) -> float:
    gateway.engine.script = script
    started = time.perf_counter()
    with gateway.client.stream("POST", path, content=body, headers=headers) as response:
        next(response.iter_raw())
        seconds = time.perf_counter() - started
    assert response.status_code == 200, response.status_code
    return seconds


def _adapters(folder: Path) -> Path:
    (folder / ADAPTER).mkdir()
    (folder / ADAPTER / "adapter.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "registry.toml").write_text(f'default = "{ADAPTER}"\n', encoding="utf-8")
    return folder


if __name__ == "__main__":
    main()
