"""A long body is parsed and checked beside the event loop, once."""

import asyncio
import gc
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import httpx2
import pytest

from deploy.gateway import server
from service.app import create_app
from service.wire import json_object
from tests.conftest import gateway_settings

pytestmark = pytest.mark.slow

LISTS = f"[{','.join(['[]'] * 600_000)}]"
OBJECTS = f"[{','.join(['{}'] * 600_000)}]"
DOCUMENTS = '{"documents":[{"id":"1","text":"x"}]}'
CATEGORIES = json.dumps([f"x{number}" for number in range(150_000)])
BODIES = [
    ("/extract", f'{{"text":"x","labels":{OBJECTS}}}'),
    ("/extract", f'{{"text":"x","model":{LISTS}}}'),
    ("/extract", f'{{"texts":{LISTS}}}'),
    ("/extract?format=hf", f'{{"text":"x","labels":{LISTS}}}'),
    ("/extract/batch", f'{{"text":"x","labels":{LISTS}}}'),
    ("/redact", f'{{"text":"x","mask":{LISTS}}}'),
    ("/label-studio/setup", f'{{"schema":3,"x":{LISTS}}}'),
    ("/label-studio/webhook", f'{{"x":{OBJECTS}}}'),
    ("/models/clue", f'{{"inputs":{LISTS}}}'),
    ("/analyze", f'{{"text":{LISTS},"language":"zh"}}'),
    ("/language/:analyze-text", f'{{"kind":{LISTS}}}'),
    (
        "/language/:analyze-text",
        f'{{"kind":"PiiEntityRecognition","analysisInput":{DOCUMENTS},'
        f'"parameters":{{"piiCategories":{CATEGORIES}}}}}',
    ),
]


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_the_loop_is_free_meanwhile(adapters: Path, path: str, body: str) -> None:
    """All that it does for the request takes less of a processor than to parse a list would."""
    app = create_app(gateway_settings(adapters))
    with collecting_as_the_server():
        started = time.thread_time()
        json.loads(LISTS)
        parsed = time.thread_time() - started
        own, answer = asyncio.run(_ask(httpx2.ASGITransport(app), path, body.encode()))
    assert answer.status_code in (200, 400, 422), answer.text
    print(f"{path}: {own * 1000:.0f} ms of the loop's thread; parsing: {parsed * 1000:.0f} ms")
    assert own < parsed


@contextmanager
def collecting_as_the_server() -> Iterator[None]:
    """Not over and over what other tests have left."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(server._YOUNG)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _ask(
    transport: httpx2.ASGITransport, path: str, raw: bytes
) -> tuple[float, httpx2.Response]:
    """What the loop's thread took, in seconds of a processor, and the answer."""
    headers = {"content-type": "application/json"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        await client.get("/live")  # the first request makes what others find
        started = time.thread_time()
        answer = await client.post(path, content=raw, headers=headers)
        return time.thread_time() - started, answer


@pytest.mark.parametrize("path", ["/extract", "/extract?format=hf", "/redact"])
def test_a_wrong_body_is_parsed_once(adapters: Path, path: str) -> None:
    """Each object of it is made once."""
    made = list[object]()

    def counted(members: list[tuple[str, object]]) -> dict[str, object]:
        made.append(members)
        return dict(members)

    raw = b'{"text": "x", "labels": [{}, {}, {}]}'
    with (
        patch.object(json_object, "_ANY", json.JSONDecoder(object_pairs_hook=counted)),
        patch.object(json, "loads", side_effect=AssertionError("parsed by another")),
    ):
        app = create_app(gateway_settings(adapters))
        _, answer = asyncio.run(_ask(httpx2.ASGITransport(app), path, raw))
    assert answer.status_code == 422
    assert len(made) == 4
