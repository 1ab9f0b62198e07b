"""What an answer may have: entities have a bound, and what is over it is told, never left out."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Receive, Send

from tests.conftest import BASE, SELDOM, Gateway, error_of, folder_of, running
from tests.service.extraction.test_long_text import when
from tests.support.fake_engine import completes, finds, streams
from tests.support.streaming import Words, of, streamed

LABELS = [f"l{place}" for place in range(85)]
EVERYTHING = completes(json.dumps([{"label": label, "text": "甲"} for label in LABELS]))
MOST = 1000


@pytest.fixture(scope="module")
def shared_bounded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose answers have up to a thousand entities."""
    folder = folder_of(tmp_path_factory.mktemp("adapters"), "all")
    with running(folder, max_entities=MOST, **SELDOM) as gateway:
        yield gateway


@pytest.fixture
def bounded(shared_bounded: Gateway) -> Gateway:
    """It, its engine as new."""
    shared_bounded.engine.reset()
    shared_bounded.engine.script = finds("甲")
    return shared_bounded


class TestEntitiesOfAPart:
    """Many labels, all said of a surface that stands everywhere."""

    @pytest.mark.parametrize("path", ["/extract", "/redact", "/extract?format=hf"])
    def test_an_answer_is_refused(self, gateway: Gateway, path: str) -> None:
        """By the field's name."""
        gateway.engine.script = EVERYTHING
        body = {"text": "甲" * 5000, "model": BASE, "labels": LABELS, "overlaps": "all"}
        response = gateway.client.post(path, json=body)
        assert (response.status_code, error_of(response)["param"]) == (413, "overlaps")
        assert "more than 2048 entities" in error_of(response)["message"]

    def test_a_part_of_a_text_is_named(self, gateway: Gateway) -> None:
        """The others are there; in a shape that cannot say so, it is an error."""
        body: dict[str, object] = {"text": f"{'甲' * 250}。{'乙' * 200}。{'甲' * 250}。"}
        body |= {"model": BASE, "labels": LABELS, "overlaps": "all"}
        gateway.engine.script = when("甲", EVERYTHING, completes('[{"label": "l1", "text": "乙"}]'))
        answer = gateway.client.post("/extract", json=body).json()
        assert len(answer["entities"]) == 200
        assert answer["partial"] is True
        assert [(one["start"], one["end"]) for one in answer["chunks"]] == [(0, 251), (452, 703)]
        assert {one["error"]["param"] for one in answer["chunks"]} == {"overlaps"}
        response = gateway.client.post("/extract?format=gliner", json=body)
        assert (response.status_code, error_of(response)["param"]) == (413, "overlaps")

    def test_what_the_model_said_is_counted(self, gateway: Gateway) -> None:
        """It was paid for."""
        series = f'nerve_completions_total{{adapter="{BASE}"}}'
        before = gateway.metric(series)
        gateway.engine.script = EVERYTHING
        gateway.extract("甲" * 256, model=BASE, labels=LABELS, overlaps="all")
        assert gateway.metric(series) == before + 1

    def test_a_short_text_has_them_all(self, gateway: Gateway) -> None:
        """Every label, said of one name."""
        gateway.engine.script = EVERYTHING
        answer = gateway.extract("甲", model=BASE, labels=LABELS, overlaps="all").json()
        assert len(answer["entities"]) == 85


class TestEntitiesOfAnAnswer:
    """All parts of all texts together."""

    def test_the_rest_of_a_text_is_named(self, bounded: Gateway) -> None:
        """And the engine not asked about it."""
        answer = bounded.extract("甲" * 100_000).json()
        found, missing = answer["entities"], answer["chunks"]
        assert 700 < len(found) <= MOST
        assert all(one["error"]["type"] == "request_too_large" for one in missing)
        assert "more than 1000 entities" in missing[0]["error"]["message"]
        assert sum(one["end"] - one["start"] for one in missing) + len(found) == 100_000
        assert len(bounded.engine.asked) < 20

    def test_a_text_below_it_is_whole(self, bounded: Gateway) -> None:
        """Up to the last one."""
        answer = bounded.extract("甲" * MOST).json()
        assert len(answer["entities"]) == MOST
        assert "partial" not in answer

    def test_what_was_dropped_counts(self, bounded: Gateway) -> None:
        """It takes memory as well."""
        bounded.engine.script = completes("\n".join(f"姓名：{place}乙" for place in range(300)))
        answer = bounded.extract("甲" * 2560).json()
        assert len(answer["dropped"]) == 900
        assert {one["error"]["type"] for one in answer["chunks"]} == {"request_too_large"}

    def test_several_texts_share_it(self, bounded: Gateway) -> None:
        """Those that have no more room are told so."""
        body = {"texts": ["甲" * 250] * 8}
        results = bounded.client.post("/extract", json=body).json()["results"]
        assert [len(one["entities"]) for one in results if "entities" in one] == [250] * 4
        errors = [one["error"] for one in results if "error" in one]
        assert [one["type"] for one in errors] == ["request_too_large"] * 4

    def test_a_row_of_a_batch_has_its_own(self, bounded: Gateway) -> None:
        """Its neighbours take nothing from it."""
        rows = "\n".join(json.dumps({"text": "甲" * 900}) for _ in range(20))
        lines = bounded.client.post("/extract/batch", content=rows).text.splitlines()
        assert [len(json.loads(line)["entities"]) for line in lines] == [900] * 20

    def test_a_stream_ends_with_what_is_missing(self, bounded: Gateway) -> None:
        """After what there was room for."""
        bounded.engine.script = streams(*Words(["姓名：甲"]).events())
        events = streamed(bounded, "甲" * 3000)
        assert 700 < len(of(events, "entity")) <= MOST
        name, done = events[-1]
        assert (name, done["partial"]) == ("done", True)
        assert done["chunks"][-1]["end"] == 3000

    @pytest.mark.parametrize("path", ["/redact", "/extract?format=hf", "/models/clue", "/analyze"])
    def test_where_that_cannot_be_said_it_is_an_error(self, bounded: Gateway, path: str) -> None:
        """Of the request, which a client does not send again."""
        bodies: dict[str, dict[str, object]] = {
            "/models/clue": {"inputs": "甲" * 3000},
            "/analyze": {"text": "甲" * 3000, "language": "zh"},
        }
        response = bounded.client.post(path, json=bodies.get(path, {"text": "甲" * 3000}))
        assert response.status_code == 413
        assert "more than 1000 entities" in response.text

    def test_a_task_of_label_studio(self, bounded: Gateway) -> None:
        """It is the task's error."""
        config = '<View><Labels name="l" toName="t"><Label value="name"/></Labels>'
        config += '<Text name="t" value="$text"/></View>'
        tasks = [{"data": {"text": text}} for text in ("甲", "甲" * 3000)]
        body = {"tasks": tasks, "label_config": config}
        first, second = bounded.client.post("/label-studio/predict", json=body).json()["results"]
        assert len(first["result"]) == 1
        assert second["error"]["type"] == "request_too_large"


@pytest.mark.parametrize(("length", "at_once"), [(40_000, 1), (1000, 8)])
def test_rows_of_a_batch_that_are_under_way(gateway: Gateway, length: int, at_once: int) -> None:
    """Long ones follow each other: together they could yield more than one answer may have."""
    under_way, most = 0, 0
    others = asyncio.Event()

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == at_once:
            others.set()
        await others.wait()
        await completes("无")(body, receive, send)
        under_way -= 1

    gateway.engine.script = script
    rows = "\n".join(json.dumps({"text": f"{' ' * length}甲"}) for _ in range(16))
    lines = gateway.client.post("/extract/batch", content=rows).text.splitlines()
    assert ["error" in json.loads(line) for line in lines] == [False] * 16
    assert most == at_once
