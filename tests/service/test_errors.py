"""Errors that a request earns, over HTTP: status, envelope, the words; and the gateway's own."""

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app import create_app
from tests.conftest import BASE, ENGINE_NAME, Gateway, error_of, gateway_settings, running
from tests.support.fake_engine import FakeEngine
from tests.support.openai_script import CHAT, RESPONSES, chat_answer, writes
from tests.support.serving import client_of, serving

pytestmark = pytest.mark.slow

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"text": 3}, "text", "text has 3; expected a string"),
        ({}, "text", "text is missing"),
        ({"text": "a", "labels": []}, "labels", "labels has []; expected 1 to 100 names"),
        ({"text": "a", "labels": "name"}, "labels", 'labels has "name"'),
        ({"text": "a", "labels": ["nmae"]}, "labels", "'nmae'; expected labels of clue: company"),
        ({"text": "a", "labels": {"name": "x"}}, "labels", "expected a list"),
        ({"text": "a", "labels": [" "], "model": BASE}, "labels", "not blank"),
        ({"text": "a", "labels": ["a "], "model": BASE}, "labels", "no white space around it"),
        ({"text": "a", "labels": ["a\x7f"], "model": BASE}, "labels", "without control characters"),
        ({"text": "a", "x" * 1000: 1}, "x" * 64, "is not a field; expected model, labels"),
        ({"textt": "a"}, "textt", "textt is not a field (did you mean text?); expected model"),
        ({"text": "a", "lables": []}, "lables", "(did you mean labels?)"),
        ({"text": "a", "offsets": "bytes"}, "offsets", "expected one of codepoint, utf16, utf8"),
        ({"text": "a", "constraint": "yes"}, "constraint", "one of grounded, schema, none"),
        ({"text": "a", "min_score": 2}, "min_score", "expected a number from 0 to 1"),
        ({"text": "a", "min_score": 0.5}, "min_score", "has no calibrated scores"),
        ({"text": "a", "texts": ["a"]}, "texts", "beside text; expected one of them"),
        ({"texts": "a"}, "texts", 'texts has "a"; expected a list of strings'),
        ({"texts": ["a"] * 257}, "texts", "has 257 items; expected up to 256"),
        ({"text": "a\0"}, "text", "without NUL"),
        ({"text": "a", "labels": {"浙": "商" * 501}}, "labels", 'labels.浙 has "商商'),
        ({"text": "a", "labels": {"": "x"}}, "labels", 'labels has ""; expected 1 to 100 names'),
        ({"text": "a", "labels": ["浙", 3]}, "labels", "labels[1] has 3; expected 1 to 100 names"),
        ({"text": "a", "labels": ["\ud83d"]}, "labels", 'labels[0] has "\\ud83d"; expected'),
        ({"text": "a", "labels": ["\ud83d"]}, "labels", "half of an emoji"),
        ({"text": "a", "model": "\ud83d"}, "model", "half of an emoji"),
        ({"text": "a", "offsets": "浙商"}, "offsets", 'offsets has "浙商"; expected one of'),
        ({"text": "a", "stream": None}, "stream", "stream has null; expected true"),
        ({"text": ["浙", True]}, "text", 'text has ["浙", true]; expected a string'),
        ({"text": "a", "min_score": "\u200b\u202e"}, "min_score", 'has "\\u200b\\u202e"; expected'),
    ],
)
def test_a_wrong_field_is_named(
    gateway: Gateway, fields: dict[str, object], param: str, says: str
) -> None:
    """422 with the field, the value, and what was expected."""
    response = gateway.client.post("/extract", content=json.dumps(fields), headers=JSON)
    error = error_of(response)
    assert (response.status_code, error["type"]) == (422, "invalid_request_error")
    assert error["param"] == param
    assert says in error["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 422),
        (b"\xff\xfe{}", 400),
        (b"[1]", 422),
        (b'"text"', 422),
        (b"[" * 100_000, 400),
        (b'{"text": "\\ud800"}', 422),
    ],
)
def test_a_body_that_is_no_request(gateway: Gateway, body: bytes, status: int) -> None:
    """400 when it is not JSON, 422 when it is not an object with text."""
    response = gateway.client.post("/extract", content=body, headers=JSON)
    assert (response.status_code, error_of(response)["type"]) == (status, "invalid_request_error")


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/extract", 422, '{"text": "a", "text": "b"}'),
        ("/extract", 422, '{"texts": ["a"], "t\\u0065xts": ["b"]}'),
        ("/extract", 422, '{"text": "a", "labels": {"name": "x", "company": "", "name": "y"}}'),
        ("/extract", 422, '{"text": "a", "examples": [{"text": "a", "entities": [], "text": ""}]}'),
        ("/extract?format=hf", 422, '{"text": "a", "text": "b"}'),
        ("/redact", 422, '{"text": "a", "mask": "*", "mask": "#"}'),
        ("/label-studio/predict", 422, '{"tasks": [{"data": {"text": "a", "text": "b"}}]}'),
        ("/label-studio/setup", 422, '{"schema": "a", "schema": "b"}'),
        ("/models/clue", 422, '{"inputs": "a", "inputs": "b"}'),
        ("/analyze", 422, '{"text": "a", "language": "zh", "text": "b"}'),
        ("/language/:analyze-text", 400, '{"kind": "a", "kind": "b"}'),
        (CHAT, 400, '{"messages": [{"role": "user", "content": "a", "content": "b"}]}'),
        (RESPONSES, 400, '{"input": "a", "input": "b"}'),
        ("/tokenize", 400, '{"prompt": "a", "prompt": "b"}'),
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8"])
def test_a_name_that_is_there_twice(
    gateway: Gateway, path: str, status: int, body: str, kind: str
) -> None:
    """Is told, at every door and however deep: the other value would be lost in silence."""
    response = gateway.client.post(path, content=body, headers={"content-type": kind})
    names = re.findall(r'"(\w+)":', body.replace("\\u0065", "e"))
    (twice,) = (name for name, count in Counter(names).items() if count > 1)
    assert response.status_code == status
    assert f"{twice} is there twice in one object; expected once" in response.text
    assert gateway.engine.seen == []


@pytest.mark.parametrize("path", ["/extract", CHAT])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"model":' + b"[" * 100_000, "it is nested too deeply"),
        (b'{"model": ' + b"1" * 5000 + b"}", "a number has too many digits"),
        (b'{"model": "\xff"}', "byte 0xff at 11 is not UTF-8"),
    ],
)
def test_why_a_body_is_not_json(gateway: Gateway, path: str, body: bytes, says: str) -> None:
    """400 in words that are no decoder's."""
    response = gateway.client.post(path, content=body, headers=JSON)
    assert response.status_code == 400
    assert error_of(response)["message"].endswith(says)


@pytest.mark.parametrize("path", ["/extract", CHAT])
def test_a_byte_order_mark_before_a_body_is_none_of_it(gateway: Gateway, path: str) -> None:
    """As Windows' editors and shells write it; the engine does not get it."""
    gateway.engine.script = writes(chat_answer("叶"))
    body = b'{"messages": []}' if path == CHAT else b'{"text": ""}'
    body = BOM_UTF8 + body
    response = gateway.client.post(path, content=body, headers=JSON)
    assert response.status_code == 200
    assert all(seen.body.startswith(b"{") for seen in gateway.engine.seen)


@pytest.mark.parametrize("path", ["/extract", "/redact", CHAT])
@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({}, "the header content-type is missing; expected application/json"),
        (
            {"content-type": "application/x-www-form-urlencoded"},
            'the header content-type has "application/x-www-form-urlencoded"; expected '
            "application/json",
        ),
    ],
)
def test_a_body_that_is_not_said_to_be_json(
    gateway: Gateway, path: str, headers: dict[str, str], says: str
) -> None:
    """Names the header, which `curl -d` sets as for a form; OpenAI's routes answer 400."""
    response = gateway.client.post(path, content=b'{"text": "a"}', headers=headers)
    error = error_of(response)
    assert (response.status_code, error["param"], error["message"]) == (
        400 if path == CHAT else 422,
        "content-type",
        says,
    )
    assert gateway.engine.seen == []


@pytest.mark.parametrize(
    ("target", "param", "says"),
    [
        ("/redact?format=hf", "format", "format is no parameter of the query; expected none"),
        ("/extract/batch?format=hf", "format", "expected none"),
        ("/extract/batch?offsets=utf16", "offsets", "expected none"),
        ("/extract?formt=hf", "formt", "formt is no parameter of the query (did you mean format?)"),
        ("/extract?format=hf&format=gliner", "format", "format is there twice"),
        ("/extract?text", "text", "text is no parameter of the query"),
    ],
)
def test_what_means_nothing_in_the_query_is_refused(
    gateway: Gateway, target: str, param: str, says: str
) -> None:
    """422, never another answer than the caller thinks of."""
    response = gateway.client.post(target, json={"text": "a"})
    assert (response.status_code, error_of(response)["param"]) == (422, param)
    assert says in error_of(response)["message"]
    assert gateway.engine.seen == []


def test_an_unknown_model_lists_the_known_ones(gateway: Gateway) -> None:
    """404 with param model, before the engine is bothered."""
    response = gateway.extract("叶老桂", model="nope")
    error = error_of(response)
    assert (response.status_code, error["type"]) == (404, "not_found_error")
    assert error["param"] == "model"
    assert BASE in error["message"]
    assert "clue" in error["message"]
    assert gateway.engine.asked == []


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nope", 404, "not_found_error"),
        ("GET", "/extract", 405, "invalid_request_error"),
    ],
)
def test_routes_that_are_none(
    gateway: Gateway, method: str, path: str, status: int, kind: str
) -> None:
    """The envelope, on every route."""
    response = gateway.client.request(method, path)
    assert (response.status_code, error_of(response)["type"]) == (status, kind)


class TestTooLarge:
    """413 says the limit that was passed."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """Small limits."""
        with running(adapters, max_body_bytes=3000, max_text_bytes=900) as gateway:
            yield gateway

    def test_body(self, gateway: Gateway) -> None:
        """Refused by its declared length."""
        response = gateway.extract("字" * 3000)
        assert (response.status_code, error_of(response)["type"]) == (413, "request_too_large")
        assert "3000 bytes" in error_of(response)["message"]

    def test_body_of_unknown_length(self, gateway: Gateway) -> None:
        """Refused once it has grown too large, when its length is not declared."""
        parts = (b'{"text": "' if i == 0 else b"x" * 1000 for i in range(10))
        response = gateway.client.post("/extract", content=parts)
        assert (response.status_code, error_of(response)["type"]) == (413, "request_too_large")

    def test_text(self, gateway: Gateway) -> None:
        """In bytes of UTF-8."""
        response = gateway.extract("字" * 301)
        assert (response.status_code, error_of(response)["param"]) == (413, "text")
        assert "900 bytes" in error_of(response)["message"]
        assert gateway.extract("字" * 300).status_code == 200

    def test_window(self, gateway: Gateway) -> None:
        """A text whose prompt fills the model's window."""
        gateway.engine.tokens = 2040
        assert gateway.extract("字" * 300).status_code == 200
        response = gateway.extract("字" * 300, model=BASE, labels=[f"{i:060}" for i in range(12)])
        assert (response.status_code, error_of(response)["param"]) == (413, "text")
        assert "2048 tokens" in error_of(response)["message"]

    @pytest.mark.parametrize(
        ("param", "fields"),
        [
            ("labels", {"labels": {f"label {i}": "说明" * 100 for i in range(3)}}),
            ("labels", {"labels": [f"{i:060}" for i in range(40)]}),
            (
                "examples",
                {"labels": ["bank"], "examples": [{"text": "银" * 100, "entities": []}] * 8},
            ),
        ],
    )
    def test_what_fills_the_window_is_blamed(
        self, gateway: Gateway, param: str, fields: dict[str, object]
    ) -> None:
        """The field that makes most of the prompt, not always the text."""
        gateway.engine.tokens = 2040
        response = gateway.extract("叶老桂", model=BASE, **fields)
        assert (response.status_code, error_of(response)["param"]) == (413, param)
        assert error_of(response)["message"].startswith(param)


def test_a_fault_of_the_gateway_is_a_500_in_answer_and_metrics(adapters: Path) -> None:
    """The envelope without the fault's words, a connection that is said to close, a count."""
    engine = FakeEngine(BASE, ENGINE_NAME)
    with serving(engine) as engine_url:
        app = create_app(gateway_settings(adapters, engine_url=engine_url))

        @app.get("/fault")
        def fault() -> None:
            raise RuntimeError("secret")

        with serving(app) as url, client_of(url) as client:
            response = client.get("/fault")
            assert (response.status_code, error_of(response)["type"]) == (500, "internal_error")
            assert "secret" not in response.text
            assert response.headers["connection"] == "close"
            gateway = Gateway(url, client, engine)
            series = 'nerve_http_requests_total{method="GET",route="/fault",status="500"}'
            assert gateway.metric(series) == 1


def test_the_value_in_a_message_is_cut(gateway: Gateway) -> None:
    """A message never echoes a whole text."""
    response = gateway.client.post("/extract", json={"text": ["x" * 10_000]})
    assert len(json.dumps(error_of(response))) < 400
