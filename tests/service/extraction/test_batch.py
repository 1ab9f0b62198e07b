"""``POST /extract/batch``: newline-delimited JSON both ways, streamed."""

import asyncio
import json
import threading
from codecs import BOM_UTF8
from typing import Any

import pytest
from starlette.types import Receive, Send

from service.wire.lines import Lines
from tests.conftest import ADAPTER, BASE, Gateway
from tests.service.extraction.test_long_text import when
from tests.support.batching import batch, post
from tests.support.fake_engine import completes, fails, finds, text_of
from tests.support.waiting import until

pytestmark = pytest.mark.slow

NAME = "叶老桂"


def test_a_line_is_a_request_or_a_text(gateway: Gateway) -> None:
    """Answered as by POST /extract, with the line's number; blank lines count and are skipped."""
    gateway.engine.script = finds(NAME)
    rows = [json.dumps({"text": f"😀{NAME}", "offsets": "utf16"}), "", json.dumps(NAME)]
    first, second = post(gateway, "\r\n".join(rows).encode())
    assert next(iter(first)) == "line"
    assert first.pop("id").startswith("ext-")
    assert first == {
        "line": 1,
        "model": ADAPTER,
        "entities": [{"label": "name", "text": NAME, "start": 2, "end": 5, "score": None}],
        "dropped": [],
        "truncated": False,
        "usage": {"prompt_tokens": 96, "completion_tokens": 15},
    }
    assert second["line"] == 3
    assert second["entities"][0]["start"] == 0


@pytest.mark.parametrize(
    ("line", "kind", "param", "says"),
    [
        (b"{", "invalid_request_error", None, "the line is not JSON in UTF-8"),
        (b"\xff\xfe", "invalid_request_error", None, "the line is not JSON in UTF-8"),
        (b"[" * 100_000, "invalid_request_error", None, "the line is not JSON in UTF-8"),
        (b"3", "invalid_request_error", None, "neither a JSON object nor a string"),
        (b"{}", "invalid_request_error", "text", "text is missing; expected a string"),
        (b'"\\ud800"', "invalid_request_error", "text", 'text has "\\ud800"; expected a string'),
        (b'"\\u0000"', "invalid_request_error", "text", "without NUL"),
        (b'{"text": "a", "text": "b"}', "invalid_request_error", "text", "text is there twice"),
        (b'{"text": 3}', "invalid_request_error", "text", "text has 3; expected a string"),
        (b'{"text": "a", "texts": []}', "invalid_request_error", "texts", "texts is not a field"),
        (b'{"textt": "a"}', "invalid_request_error", "textt", "(did you mean text?)"),
        (b'{"text": "a", "model": "x"}', "not_found_error", "model", "model has 'x'"),
        (b'{"text": "a", "labels": ["x"]}', "invalid_request_error", "labels", "labels of clue"),
        (b'"%b"' % (b"a" * 1_000_001), "request_too_large", "text", "1000000 bytes"),
        (b'"%b"' % (b"a" * 2_000_000), "request_too_large", None, "2000000 bytes"),
    ],
)
def test_a_line_that_is_wrong_is_that_lines_error(
    gateway: Gateway, line: bytes, kind: str, param: str | None, says: str
) -> None:
    """Field, value, what was expected; its neighbours are answered."""
    gateway.engine.script = finds(NAME)
    good = json.dumps(NAME).encode()
    first, second, third = post(gateway, b"\n".join([good, line, good]))
    assert len(first["entities"]) == len(third["entities"]) == 1
    assert set(second) == {"line", "error"}
    assert (second["line"], second["error"]["type"]) == (2, kind)
    assert second["error"]["param"] == param
    assert says in second["error"]["message"]


def test_a_line_may_have_an_id_of_the_callers(gateway: Gateway) -> None:
    """Its answer bears it, or its error, where the line can be read at all."""
    rows = [
        {"id": "甲-1", "text": NAME},
        {"id": 7, "text": ""},
        {"id": 8, "text": 3},
        {"id": 9, "text": "x" * 1_000_001},
        {"text": ""},
    ]
    *owned, last = post(gateway, b"\n".join(json.dumps(row).encode() for row in rows))
    assert [answer["id"] for answer in owned] == ["甲-1", 7, 8, 9]
    assert ["error" in answer for answer in owned] == [False, False, True, True]
    assert last["id"].startswith("ext-")


@pytest.mark.parametrize("wrong", [True, 1.5, [], "x" * 257, "\ud83d", 2**64, -(2**63) - 1])
def test_an_id_that_cannot_be_sent_back_is_refused(gateway: Gateway, wrong: object) -> None:
    """By name, and it is not sent back."""
    (answer,) = post(gateway, json.dumps({"id": wrong, "text": NAME}).encode())
    assert set(answer) == {"line", "error"}
    assert answer["error"]["param"] == "id"
    assert (
        "expected a string of up to 256 characters, or a whole number" in answer["error"]["message"]
    )


@pytest.mark.parametrize("number", [2**53 + 1, 2**64 - 1, -(2**63)])
def test_an_id_of_64_bits_comes_back_as_it_is(gateway: Gateway, number: int) -> None:
    """Digit by digit."""
    (answer,) = post(gateway, json.dumps({"id": number, "text": ""}).encode())
    assert answer["id"] == number


def test_a_line_is_one_to_every_reader(gateway: Gateway) -> None:
    """Python's ``splitlines`` ends one at U+0085, U+2028 and U+2029, which JSON may have."""
    gateway.engine.script = finds(NAME)
    row = {"id": "a\x85b\u2028c\u2029d", "text": "叶\u2028老\x85桂"}
    answer, error = post(
        gateway, b"\n".join(json.dumps(one).encode() for one in (row, {**row, "a": 1}))
    )
    assert (answer["id"], answer["entities"][0]["text"]) == (row["id"], row["text"])
    assert (error["id"], error["error"]["param"]) == (row["id"], "a")


def test_a_byte_order_mark_is_no_part_of_the_first_line(gateway: Gateway) -> None:
    """As Windows' editors write it; in a later line it is none."""
    rows = [BOM_UTF8 + json.dumps("").encode(), BOM_UTF8 + json.dumps("").encode()]
    first, second = post(gateway, b"\n".join(rows))
    assert "entities" in first
    assert "error" in second
    assert post(gateway, BOM_UTF8) == []


def test_a_fault_of_the_engine_is_the_lines(gateway: Gateway) -> None:
    """As is a fault of the gateway."""
    gateway.engine.script = when("毒", fails(500, {"error": "boom"}), finds(NAME))
    rows = "".join(json.dumps(text) + "\n" for text in (NAME, "毒", NAME))
    first, second, third = post(gateway, rows.encode())
    assert second["error"]["type"] == "engine_error"
    assert first["entities"] and third["entities"]


def test_no_lines_no_answers(gateway: Gateway) -> None:
    """Still 200."""
    assert post(gateway, b"") == post(gateway, b"\n\n") == []


def test_a_long_text_in_a_line(gateway: Gateway) -> None:
    """Cut as everywhere."""
    gateway.engine.script = finds(NAME)
    (answer,) = post(gateway, json.dumps(f"{'今天下雨。' * 200}{NAME}").encode())
    assert answer["entities"][0]["start"] == 1000
    assert len(gateway.engine.asked) > 3


def test_an_answer_is_sent_before_the_next_row_is_there(gateway: Gateway) -> None:
    """Nothing waits for the end of the request."""
    gateway.engine.script = finds(NAME)
    with batch(gateway.url) as client:
        for number in range(1, 4):
            client.send(NAME)
            if number == 1:
                assert client.head().startswith(b"HTTP/1.1 200")
                answers = client.answers()
            assert next(answers)["line"] == number
        client.end()
        assert list(answers) == []
    until(lambda: gateway.metric("nerve_requests_in_flight") == 0)


def test_answers_keep_the_order_of_the_rows(gateway: Gateway) -> None:
    """However long each takes: the first is answered last."""
    slow = threading.Event()

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        if text_of(body) == "慢":
            while not slow.is_set():
                if len(gateway.engine.asked) == 5:
                    slow.set()
                await asyncio.sleep(0.01)
        await completes("无")(body, receive, send)

    gateway.engine.script = script
    rows = "".join(json.dumps(text) + "\n" for text in ("慢", "a", "b", "c", "d"))
    assert [answer["line"] for answer in post(gateway, rows.encode())] == [1, 2, 3, 4, 5]
    assert slow.is_set()


ROWS, ROW_ANSWER = 400, 100_000


def test_a_client_that_does_not_read_is_not_read(gateway: Gateway) -> None:
    """What the gateway reads ahead is bounded by what it may hold and what sockets hold, not by
    the rows; when the client reads, all answers come, in order."""
    gateway.engine.script = completes("x" * ROW_ANSWER)  # no line of the format: comes back dropped
    with batch(gateway.url, receive_buffer=4096) as client:

        def send() -> None:
            for number in range(ROWS):
                client.send({"text": str(number), "constraint": "none"})
            client.end()

        sending = threading.Thread(target=send, daemon=True)
        sending.start()
        settled = Settled(gateway)
        until(settled)
        # Rows in memory, and the answers that fit the buffers of sockets (4 MB by default).
        assert len(gateway.engine.asked) < 16 + 100
        client.head()
        lines = [(answer["line"], len(answer["dropped"][0]["text"])) for answer in client.answers()]
        assert lines == [(number, ROW_ANSWER) for number in range(1, ROWS + 1)]
        sending.join(10)
    assert len(gateway.engine.asked) == ROWS


class Settled:
    """Has the engine been asked nothing new for a while?"""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway, self._asked, self._looks = gateway, 0, 0

    def __call__(self) -> bool:
        asked = len(self._gateway.engine.asked)
        self._looks = self._looks + 1 if asked and asked == self._asked else 0
        self._asked = asked
        return self._looks > 50


def test_a_client_that_leaves_ends_the_engines_work(gateway: Gateway) -> None:
    """In the middle of its rows; the place is free again."""
    gateway.engine.script = gateway.engine.hangs
    with batch(gateway.url) as client:
        client.send("甲", "乙")
        assert gateway.engine.busy.wait(5)
    assert gateway.engine.left.wait(5)
    until(lambda: gateway.metric("nerve_requests_in_flight") == 0)


@pytest.mark.parametrize("ends", [True, False])
def test_a_client_that_leaves_is_noticed_before_its_rows_are_done(
    gateway: Gateway, ends: bool
) -> None:
    """However many wait for their turn: nobody reads their answers."""
    gateway.engine.script = gateway.engine.hangs
    with batch(gateway.url) as client:
        client.send(b'"x"\n' * 2000)
        if ends:
            client.end()
        assert gateway.engine.busy.wait(5)
    assert gateway.engine.left.wait(5)
    until(lambda: gateway.metric("nerve_requests_in_flight") == 0)
    assert gateway.metric("nerve_held_bytes") == 0
    assert len(gateway.engine.asked) < 100


def test_the_documents_schema_has_the_line(gateway: Gateway) -> None:
    """OpenAPI knows what a line is, and every reference in it leads somewhere."""
    document = gateway.client.get("/openapi.json").json()
    operation = document["paths"]["/extract/batch"]["post"]
    (line, text) = operation["requestBody"]["content"]["application/x-ndjson"]["schema"]["anyOf"]
    assert set(line["required"]) == {"text"}
    assert text == {"type": "string"}
    for reference in json.dumps(document).split('"$ref": "#/components/schemas/')[1:]:
        assert reference.split('"')[0] in document["components"]["schemas"]
    assert "application/x-ndjson" in operation["responses"]["200"]["content"]


@pytest.mark.parametrize("size", range(1, 9))
def test_lines_do_not_depend_on_how_they_come(size: int) -> None:
    """Pieces of any size; a line over the limit is None, the next is itself."""
    raw = b"ab\n\n12345\n123456\ncd\n12345678"
    lines = Lines(max_bytes=5)
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    found = [line for piece in pieces for line in lines.feed(piece)]
    assert [*found, *lines.end()] == [b"ab", b"", b"12345", None, b"cd", None]


def test_models_of_a_batch_are_the_lines(gateway: Gateway) -> None:
    """Each line names its own."""
    gateway.engine.script = completes("[]")
    rows = "".join(json.dumps({"text": "a", "model": model}) + "\n" for model in (BASE, ADAPTER))
    assert [answer["model"] for answer in post(gateway, rows.encode())] == [BASE, ADAPTER]
