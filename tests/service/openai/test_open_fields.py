"""Which fields of OpenAI's and vLLM's a caller may send: what is not open is refused by name."""

import json
from pathlib import Path

import pytest

from service.openai.open_fields import routes
from service.settings import Settings
from tests.conftest import BASE, Gateway, error_of
from tests.support.fake_engine import completes
from tests.support.openai_script import CHAT, COMPLETIONS, MESSAGES, writes

CALLS = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
CALLING: dict[str, object] = {"role": "assistant", "tool_calls": CALLS}
REFUSED_IN_CHAT = {
    "priority": -1,
    "best_of": 2,
    "use_beam_search": True,
    "chat_template": "{{ x }}",
    "kv_transfer_params": {},
    "ec_transfer_params": {},
    "vllm_xargs": {"x": 1},
    "cache_salt": "x",
    "mm_processor_kwargs": {"x": 1},
    "media_io_kwargs": {"x": 1},
    "prompt_logprobs": 1,
    "request_id": "x",
    "session_id": "x",
    "guided_json": {},
    "documents": ["x"],
    "invented": {},
    "audio": {},
    "functions": [{"name": "f"}],
    "function_call": {"name": "f"},
    "modalities": ["text", "audio"],
    "web_search_options": {"search_context_size": "low"},
    "extra_body": {"top_k": 1},
}


def test_a_field_whose_name_has_no_utf8_is_refused_too(gateway: Gateway) -> None:
    """400 with the name's escape."""
    headers = {"content-type": "application/json"}
    response = gateway.client.post(CHAT, content=b'{"\\ud800": 1}', headers=headers)
    assert (response.status_code, error_of(response)["param"]) == (400, "\\ud800")


def test_echo_opens_no_way_to_prompt_logprobs(gateway: Gateway) -> None:
    """vLLM takes `echo` with `logprobs` for them; either alone is fine."""
    gateway.engine.script = writes(b'{"model":"clue@01234567","choices":[]}')
    body = {"model": BASE, "prompt": "x"}
    refused = gateway.client.post(COMPLETIONS, json={**body, "echo": True, "logprobs": 2})
    assert (refused.status_code, error_of(refused)["param"]) == (400, "logprobs")
    for fields in ({"echo": True}, {"logprobs": 2}):
        assert gateway.client.post(COMPLETIONS, json={**body, **fields}).status_code == 200


@pytest.mark.parametrize("field", REFUSED_IN_CHAT)
def test_a_field_that_is_not_open_is_refused(gateway: Gateway, field: str) -> None:
    """400 names it and its value, and says why in few words."""
    value = REFUSED_IN_CHAT[field]
    response = gateway.client.post(CHAT, json={"messages": MESSAGES, field: value})
    error = error_of(response)
    assert (response.status_code, error["param"]) == (400, field)
    assert error["message"].startswith(f"{field} has {json.dumps(value)}; expected none: ")
    assert len(error["message"]) < 160
    assert gateway.engine.seen == []


@pytest.mark.parametrize("field", ["prompt_embeds", "use_beam_search", "messages"])
def test_so_in_completions(gateway: Gateway, field: str) -> None:
    """Embeddings are unpickled by the engine; a beam is many completions."""
    response = gateway.client.post(COMPLETIONS, json={"prompt": "叶", field: 1})
    assert (response.status_code, error_of(response)["param"]) == (400, field)
    assert gateway.engine.seen == []


def test_what_is_open_is_passed_on(gateway: Gateway) -> None:
    """OpenAI's fields, and vLLM's extras that touch nobody else."""
    body = {
        "model": BASE,
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "你好"}]},
            *MESSAGES,
            {"role": "assistant", "content": None, "tool_calls": []},
            {**CALLING, "parsed": {"entities": [{"label": "name", "text": "x"}] * 50}},
            {"role": "tool", "content": "3", "tool_call_id": "1"},
        ],
        "temperature": 0,
        "max_tokens": 1024,
        "max_completion_tokens": None,
        "n": 16,
        "stop": ["a", "b", "c", "d"],
        "logprobs": True,
        "top_logprobs": 6,
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}},
        "structured_outputs": {"grammar": "start: X"},
        "chat_template_kwargs": {"enable_thinking": False},
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "top_k": 1,
        "min_p": 0.1,
        "repetition_penalty": 1,
        "stop_token_ids": [1],
        "allowed_token_ids": [0, 1],
        "logit_bias": {"1": -100, "50256": 0.5},
        "min_tokens": 1,
        "add_generation_prompt": True,
        "seed": 1,
        "user": "me",
        "stream_options": None,
    }
    assert gateway.client.post(CHAT, json=body).status_code == 200
    (seen,) = gateway.engine.seen
    assert json.loads(seen.body) == {n: v for n, v in body.items() if v is not None}


@pytest.mark.parametrize("wrong", ["true", ["x"], {"x": 1}, 1])
def test_a_chats_logprobs_are_the_engines_to_judge(gateway: Gateway, wrong: object) -> None:
    """They are true or false."""
    gateway.engine.script = completes("x")
    body = {"messages": MESSAGES, "logprobs": wrong}
    assert gateway.client.post(CHAT, json=body).status_code == 200


def test_every_open_field_is_documented() -> None:
    """In the reference, which is what callers can go by."""
    reference = Path(__file__).parents[3].joinpath("service", "README.md").read_text("utf-8")
    _, section = reference.split("## OpenAI's routes")
    section, _ = section.split("\n## ", 1)
    for route in (one for one in routes(Settings()) if one.path.startswith("/v1/")):
        assert [name for name in route.rules if f"`{name}`" not in section] == []
