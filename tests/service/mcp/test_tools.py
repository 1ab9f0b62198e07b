"""Tools for agents over ``/mcp``, called by the SDK's own client."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import ADAPTER, BASE, Gateway, error_of, running
from tests.service.guard.test_keys import table
from tests.service.mcp.calls import ToolFailed, call, capabilities, mcp, tools
from tests.support.fake_engine import completes, fails
from tests.support.open_adapter import OPEN, open_gateway
from tests.support.streaming import BANK, NAME, TEXT

FOUND = completes("公司：浙商银行\n姓名：叶老桂")
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
MEASURED = """
[[evaluation]]
split = "ai"
text_f1 = 0.5

[[evaluation]]
split = "music"
text_f1 = 0.25
"""
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def shared_gateway(adapters: Path) -> Iterator[Gateway]:
    """A gateway with tools."""
    with running(adapters, mcp=True) as gateway:
        yield gateway


def test_three_tools_with_typed_schemas(gateway: Gateway) -> None:
    """An agent knows from them alone what to send and what comes back."""
    found = tools(f"{gateway.url}/mcp")
    assert set(found) == {"extract", "redact", "list_models"}
    sent = found["extract"].input_schema
    assert sent["required"] == ["text"]
    assert set(sent["properties"]) == {"text", "labels", "model", "min_score"}
    assert all(one["description"] for one in sent["properties"].values())
    entity = found["extract"].output_schema["$defs"]["FoundEntity"]["properties"]
    assert set(entity) == {"label", "text", "start", "end", "score"}
    assert not any("  " in one.description for one in found.values())
    assert "masked" not in found["extract"].description
    assert "redacted" in found["redact"].output_schema["properties"]


def test_extract(gateway: Gateway) -> None:
    """As ``POST /extract``."""
    gateway.engine.script = FOUND
    answer = call(f"{gateway.url}/mcp", "extract", text=TEXT)
    assert (answer["model"], answer["entities"]) == (ADAPTER, [BANK, NAME])
    narrowed = call(f"{gateway.url}/mcp", "extract", text=TEXT, labels=["name"], model=ADAPTER)
    assert narrowed["entities"] == [NAME]


def test_calls_are_counted_and_logged(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    """By the route, as every other request; the log has the model and the number of entities."""
    series = 'nerve_http_requests_total{method="POST",route="/mcp",status="200"}'
    call(f"{gateway.url}/mcp", "list_models")
    before = gateway.metric(series)
    gateway.engine.script = FOUND
    with caplog.at_level("INFO", logger="nerve.access"):
        call(f"{gateway.url}/mcp", "extract", text=TEXT)
    assert gateway.metric(series) > before
    told = [vars(one)["fields"] for one in caplog.records if one.name == "nerve.access"]
    assert ("/mcp", ADAPTER, 2) in [(one["route"], one["model"], one["entities"]) for one in told]


def message(**fields: object) -> bytes:
    """A call of ``extract``, with more fields."""
    params = {"name": "extract", "arguments": {"text": TEXT}, **fields}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return json.dumps(call).encode()


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("prompts/list", {}),
        ("prompts/get", {"name": TEXT}),
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": "x:y"}),
    ],
)
def test_there_are_tools_only(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, method: str, params: dict[str, str]
) -> None:
    """As the protocol says it of what there is none of; that a caller asks is no fault of ours."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    with caplog.at_level("WARNING"):
        answer = gateway.client.post("/mcp", json=asked, headers=ACCEPT)
    assert answer.json()["error"]["code"] == -32601
    assert caplog.records == []


def test_only_tools_are_offered(gateway: Gateway) -> None:
    """To the client at its defaults, and in the older handshake."""
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    }
    asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    answer = gateway.client.post("/mcp", json=asked, headers=ACCEPT)
    assert set(answer.json()["result"]["capabilities"]) == {"tools"}
    offered = capabilities(f"{gateway.url}/mcp")
    assert offered.tools is not None
    assert (offered.prompts, offered.resources) == (None, None)


def test_a_string_without_an_end_costs_no_more_than_another(gateway: Gateway) -> None:
    """Each quote in it could begin one."""
    headers = {"content-type": "application/json", **ACCEPT}
    started = time.process_time()
    answer = gateway.client.post("/mcp", content=b'"' + b'\\"' * 500_000, headers=headers)
    assert answer.status_code == 400
    assert time.process_time() - started < 2


def test_a_name_that_is_there_twice_is_refused(gateway: Gateway) -> None:
    """The SDK would keep the last, and lose the first in silence."""
    headers = {"content-type": "application/json", **ACCEPT}
    twice = message().replace(b'"text":', b'"text": "x", "text":')
    answer = gateway.client.post("/mcp", content=twice, headers=headers)
    assert answer.status_code == 422
    assert error_of(answer)["message"] == "text is there twice in one object; expected once"


def test_a_message_of_very_many_values_is_refused(gateway: Gateway) -> None:
    """The SDK would hold what is in ``_meta``, or in no field of ours, at 45 times its bytes while
    the engine works. Whatever stands in a string is one value."""
    headers = {"content-type": "application/json", **ACCEPT}
    nested: list[object] = [[]] * 1000
    for name, value in (("_meta", {"x": nested}), ("x", {str(n): 1 for n in range(1001)})):
        answer = gateway.client.post("/mcp", content=message(**{name: value}), headers=headers)
        assert answer.status_code == 422
        assert "values; expected up to 1000" in error_of(answer)["message"]
    assert gateway.engine.asked == []
    gateway.engine.script = FOUND
    text = '\\"[' + "{," * 5000 + '\\\\"'
    many = {"labels": ["name"] * 100, "text": text}
    answer = gateway.client.post(
        "/mcp", content=message(arguments=many, _meta={"progressToken": 1}), headers=headers
    )
    assert "expected up to 1000" not in answer.text
    assert gateway.engine.asked


def test_a_tool_that_there_is_not(gateway: Gateway) -> None:
    """With those that there are, and its name cut: it may have megabytes."""
    with pytest.raises(ToolFailed, match=r"did you mean extract.*expected one of extract, redact"):
        call(f"{gateway.url}/mcp", "extarct")
    headers = {"content-type": "application/json", **ACCEPT}
    answer = gateway.client.post("/mcp", content=message(name="x" * 100_000), headers=headers)
    assert "is no tool" in answer.text
    assert len(answer.text) < 1000


def test_redact(gateway: Gateway) -> None:
    """As ``POST /redact``."""
    gateway.engine.script = FOUND
    answer = call(f"{gateway.url}/mcp", "redact", text=TEXT, mask="<{label}>")
    assert answer["redacted"] == "<company>的<name>"


def test_list_models(gateway: Gateway) -> None:
    """The adapter with its labels, the base model which takes any."""
    answer = call(f"{gateway.url}/mcp", "list_models")
    assert answer == {
        "models": [
            {"name": ADAPTER, "labels": ["company", "name"], "default": True, "f1": {}},
            {"name": BASE, "labels": None, "default": False, "f1": {}},
        ]
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"labels": ["dish"]}, "labels has 'dish'; expected labels of clue: company, name"),
        ({"model": "nothing"}, f"model has 'nothing'; expected one of {BASE}, {ADAPTER}"),
        ({"labels": []}, "labels has []; expected 1 to 100 names"),
        ({"text": "\0"}, 'text has "\\u0000"; expected a string without lone surrogates'),
        ({"min_score": 0.5}, "min_score has 0.5; expected 0"),
        ({"min_score": 2}, "min_score has 2; expected a number from 0 to 1"),
        ({"labels": [1] * 101}, "labels has [1, 1, 1, 1,"),
        ({"text": 5}, "text has 5; expected a string without lone surrogates"),
        ({"labels": "name"}, 'labels has "name"; expected 1 to 100 names'),
        (
            {"label": ["name"]},
            '"label" is no argument of extract (did you mean labels?); expected text, labels',
        ),
    ],
)
def test_errors_say_what_to_do(gateway: Gateway, arguments: dict[str, Any], says: str) -> None:
    """In words that an agent can act on: the field, its value, what was expected."""
    with pytest.raises(ToolFailed) as failed:
        call(f"{gateway.url}/mcp", "extract", **{"text": TEXT, **arguments})
    assert says in str(failed.value)
    assert "pydantic" not in str(failed.value)


def test_an_argument_that_is_not_there(gateway: Gateway) -> None:
    """Named; what a client makes up for a tool without arguments does no harm."""
    with pytest.raises(ToolFailed, match="text is missing; expected a string"):
        call(f"{gateway.url}/mcp", "redact")
    with pytest.raises(ToolFailed, match=r'"textt" is no argument .* \(did you mean text\?\)'):
        call(f"{gateway.url}/mcp", "redact", textt=TEXT)
    assert call(f"{gateway.url}/mcp", "list_models", random_string="")["models"]


def test_labels_with_descriptions(tmp_path: Path) -> None:
    """Go to the adapter for any labels, whose prompt has them."""
    with open_gateway(tmp_path, more=MEASURED, mcp=True) as gateway:
        gateway.engine.script = completes("dish：浙商银行")
        described = {"dish": "food as it is ordered"}
        answer = call(f"{gateway.url}/mcp", "extract", text=TEXT, labels=described)
        assert (answer["model"], answer["entities"][0]["label"]) == (OPEN, "dish")
        assert described["dish"] in gateway.engine.asked[0]["messages"][0]["content"]
        models = call(f"{gateway.url}/mcp", "list_models")["models"]
        assert models[0]["f1"] == {"ai": 0.5, "music": 0.25}


def test_an_engine_that_is_at_fault_is_named(gateway: Gateway) -> None:
    """With the type of the error, not as a fault of the arguments."""
    gateway.engine.script = fails(500, {"error": "boom"})
    with pytest.raises(ToolFailed, match="engine_error: the engine answered with status 500"):
        call(f"{gateway.url}/mcp", "extract", text=TEXT)


def test_there_is_nothing_to_hold_open(gateway: Gateway) -> None:
    """Neither a stream without end nor a session."""
    assert gateway.client.get("/mcp", headers=ACCEPT).status_code == 405
    answer = gateway.client.post("/mcp", json=LIST, headers=ACCEPT)
    assert answer.status_code == 200, answer.text
    assert "mcp-session-id" not in answer.headers


def test_a_page_from_elsewhere_reaches_no_tool(gateway: Gateway) -> None:
    """Without keys, on loopback: neither by its origin nor by a name of its own for 127.0.0.1."""
    for header in ({"origin": "http://evil.example"}, {"host": "evil.example"}):
        answer = gateway.client.post("/mcp", json=LIST, headers={**ACCEPT, **header})
        assert (answer.status_code, error_of(answer)["type"]) == (403, "permission_error")
    assert not gateway.engine.seen


def test_names_and_pages_that_are_allowed(adapters: Path) -> None:
    """As on every other route: a proxy's name, an origin that may ask."""
    allowed = {"allowed_hosts": ["nerve.example"], "cors_origins": ["https://ours.example"]}
    with running(adapters, mcp=True, **allowed) as gateway:
        for header in ({"host": "nerve.example"}, {"origin": "https://ours.example"}):
            answer = gateway.client.post("/mcp", json=LIST, headers={**ACCEPT, **header})
            assert answer.status_code == 200, answer.text


def test_tools_need_the_key(adapters: Path, tmp_path: Path) -> None:
    """One with the scope extract."""
    keys = tmp_path / "keys.toml"
    keys.write_text(table("agent", "agent-key", "extract") + table("other", "o", "openai"))
    with running(adapters, mcp=True, api_keys_file=keys) as gateway:
        for key, status in (("agent-key", 200), ("o", 403), ("wrong", 401)):
            headers = {**ACCEPT, "authorization": f"Bearer {key}"}
            answer = gateway.client.post("/mcp", json=LIST, headers=headers)
            assert answer.status_code == status, answer.text
        assert call(with_key(f"{gateway.url}/mcp", "agent-key"), "list_models")["models"]


@asynccontextmanager
async def with_key(url: str, key: str) -> AsyncIterator[Any]:
    """The SDK's transport, with the header of a key."""
    headers = {"authorization": f"Bearer {key}"}
    opened = mcp.client.streamable_http.streamable_http_client
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False) as client,
        opened(url, http_client=client) as streams,
    ):
        yield streams


def test_it_is_off_until_it_is_asked_for(adapters: Path) -> None:
    """And says what would turn it on."""
    with running(adapters) as gateway:
        answer = gateway.client.post("/mcp", json=LIST, headers=ACCEPT)
        assert answer.status_code == 404
        assert "NERVE_MCP" in error_of(answer)["message"]
