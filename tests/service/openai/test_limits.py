"""What a caller may ask of the shared engine, and what is refused before the engine is bothered."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import BASE, Gateway, error_of, running
from tests.support.fake_engine import completes
from tests.support.openai_script import CHAT, COMPLETIONS, MESSAGES

TEXT = {"type": "text", "text": "x"}
CALLS = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
CALLING: dict[str, object] = {"role": "assistant", "tool_calls": CALLS}
IMAGE = {"type": "image_url", "image_url": {"url": "http://169.254.169.254/"}}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"max_tokens": 1025}, "max_tokens has 1025; expected a whole number from 1 to 1024"),
        ({"max_completion_tokens": 10**9}, "a whole number from 1 to 1024"),
        ({"max_tokens": -1}, "a whole number from 1 to"),
        ({"max_tokens": 0}, "a whole number from 1 to"),
        ({"max_completion_tokens": 0}, "a whole number from 1 to"),
        ({"logit_bias": "x"}, "an object of at most 1024 items"),
        ({"stop": ["浙商", 0, None, True, 1.5]}, 'stop has ["浙商", 0, null, true, 1.5]'),
        ({"n": "\u6d59\u200b"}, 'n has "浙\\u200b"; expected'),
        ({"max_tokens": "9"}, 'max_tokens has "9"; expected a whole number'),
        ({"max_tokens": True}, "a whole number"),
        ({"n": 17}, "n has 17; expected a whole number from 1 to 16"),
        ({"n": 0}, "a whole number from 1"),
        ({"top_logprobs": 21}, "a whole number from 0 to 20"),
        ({"top_logprobs": -1}, "a whole number from 0 to 20"),
        ({"stop": list("abcde")}, "at most 4 strings"),
        ({"logit_bias": {str(i): 1 for i in range(1025)}}, "at most 1024 items"),
        ({"logit_bias": {"-5": 1}}, "from tokens as whole numbers from 0 and below 2147483648"),
        ({"logit_bias": {"2147483648": 1}}, "from tokens as whole numbers from 0"),
        ({"logit_bias": {"1": "1e999"}}, "to numbers below it"),
        ({"logit_bias": {"1": True}}, "to numbers below it"),
        ({"stop_token_ids": [1] * 1025}, "at most 1024 items"),
        ({"stop_token_ids": [1, -5]}, "a list of whole numbers from 0 and below 2147483648"),
        ({"stop_token_ids": [2**31]}, "a list of whole numbers from 0 and below 2147483648"),
        ({"stop_token_ids": ["5"]}, "a list of whole numbers from 0 and below 2147483648"),
        ({"allowed_token_ids": [-1]}, "a list of whole numbers from 0 and below 2147483648"),
        ({"top_k": "999999999999999999"}, "a number below 2147483648"),
        ({"temperature": "1e999"}, 'temperature has "1e999"; expected a number below 2147483648'),
        ({"temperature": "0.5"}, "a number below 2147483648"),
        ({"top_p": [1]}, "a number below 2147483648"),
        ({"thinking_token_budget": "9"}, "a number below 2147483648"),
        ({"stream_interval": "9"}, "a number below 2147483648"),
        ({"truncate_prompt_tokens": True}, "a number below 2147483648"),
        ({"bad_words": ["x"] * 129}, "a list of at most 128 strings of up to 256 characters"),
        ({"bad_words": ["字" * 257]}, "a list of at most 128 strings of up to 256 characters"),
        ({"bad_words": {"x": "x"}}, "a list of at most 128 strings of up to 256 characters"),
        ({"response_format": {"type": "structural_tag"}}, "text, json_object, json_schema"),
        ({"structured_outputs": {"structural_tag": "{}"}}, "an object of json, json_object"),
        ({"structured_outputs": {"regex": "x" * 65536}}, "at most 65536 bytes"),
        ({"response_format": {"type": "json_schema", "x": "y" * 65536}}, "at most 65536 bytes"),
        ({"tools": [{"x": "字" * 22000}]}, "at most 65536 bytes"),
        ({"chat_template_kwargs": {"max_length": 10**9}}, "enable_thinking"),
        ({"chat_template_kwargs": {"enable_thinking": "no"}}, "true or false"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, 'parts of type "text"'),
        ({"messages": [{"role": "user", "content": [{**IMAGE, "type": "text"}]}]}, "parts of type"),
        ({"model": 3}, "model has 3; expected the name of a model, as a string"),
        ({"top_logprobs": 20, "logprobs": True, "n": 6}, "at most 100 together for all"),
        ({"messages": [1] * 9}, "messages that are objects, each with its role"),
        ({"messages": [{}]}, "messages that are objects, each with its role"),
        ({"messages": [{"role": 1, "content": ""}]}, "messages that are objects"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages whose content is a string"),
        ({"messages": [{"role": "user", "content": [{**TEXT, "text": 1}]}]}, "messages whose"),
        ({"messages": [{**CALLING, "tool_calls": [{}]}]}, "messages whose tool_calls, at most 128"),
        ({"messages": [{**CALLING, "tool_calls": CALLS * 129}]}, "messages whose tool_calls"),
        ({"messages": [{**MESSAGES[0], "audio": [1] * 17}]}, "messages whose audio has at most"),
        ({"messages": MESSAGES * 1025}, "a list of at most 1024 messages"),
        ({"messages": {}}, "a list of at most 1024 messages"),
        ({"metadata": {str(i): "" for i in range(65)}}, "at most 64 values"),
        ({"prediction": [[[1] * 63]]}, "at most 64 values"),
    ],
)
def test_too_much(gateway: Gateway, fields: dict[str, object], says: str) -> None:
    """400 names the field, the value, and what was expected."""
    response = gateway.client.post(CHAT, json={"messages": MESSAGES, **fields})
    error = error_of(response)
    assert (response.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["param"] == next(iter(fields))
    assert says in error["message"]
    assert len(error["message"]) < 400
    assert gateway.engine.seen == []


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ["x"] * 17}, "prompt"),
        ({"prompt": ["x"] * 9, "n": 2}, "prompt"),
        ({"prompt": [[1]] * 17}, "prompt"),
        ({"prompt": "x", "logprobs": 21}, "logprobs"),
        ({"prompt": "x", "logprobs": True}, "logprobs"),
    ],
)
def test_too_many_prompts(gateway: Gateway, fields: dict[str, object], param: str) -> None:
    """Each prompt is n completions."""
    response = gateway.client.post(COMPLETIONS, json=fields)
    assert (response.status_code, error_of(response)["param"]) == (400, param)
    assert gateway.engine.seen == []


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        (COMPLETIONS, "prompt", [1, {}]),
        (COMPLETIONS, "prompt", [[1], "x"]),
        (COMPLETIONS, "prompt", [-1]),
        (COMPLETIONS, "prompt", {}),
        ("/detokenize", "tokens", [{}]),
        ("/detokenize", "tokens", [True]),
        ("/detokenize", "tokens", "x"),
        ("/tokenize", "messages", [1]),
        ("/tokenize", "prompt", [{}]),
    ],
)
def test_what_the_engine_would_tell_of_one_by_one(
    gateway: Gateway, path: str, field: str, value: object
) -> None:
    """Each value that is none in a list of a megabyte, until its memory is full."""
    response = gateway.client.post(path, json={"model": BASE, field: value})
    assert (response.status_code, error_of(response)["param"]) == (400, field)
    assert gateway.engine.seen == []


def test_a_prompt_of_many_tokens_is_one_prompt(gateway: Gateway) -> None:
    """As is a batch of as many prompts as there may be completions."""
    gateway.engine.script = completes("x")
    for prompt in ([1] * 100, ["x"] * 16, "x" * 100, []):
        assert gateway.client.post(COMPLETIONS, json={"prompt": prompt}).status_code == 200


class TestSettings:
    """The limits are the operator's."""

    @pytest.fixture
    def gateway(self, adapters: Path) -> Iterator[Gateway]:
        """Other limits."""
        limits = {"max_tokens": 7, "max_choices": 2, "max_grammar_bytes": 30}
        with running(adapters, **limits) as gateway:
            yield gateway

    def test_each_limit(self, gateway: Gateway) -> None:
        """At it, and over it."""
        for fields, status in (
            ({"max_tokens": 7, "n": 2}, 200),
            ({"max_tokens": 8}, 400),
            ({"n": 3}, 400),
            ({"structured_outputs": {"regex": "x" * 16}}, 200),
            ({"structured_outputs": {"regex": "x" * 20}}, 400),
        ):
            response = gateway.client.post(CHAT, json={"messages": MESSAGES, **fields})
            assert response.status_code == status, fields


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"top_k": 10**30}, "a number below"),
        ({"temperature": 1e300}, "a number below"),
        ({"seed": 2**63}, "a whole number below"),
        ({"stop_token_ids": [10**30]}, "whole numbers from 0 and below"),
        ({"logit_bias": {"1": 10**30}}, "numbers below"),
        ({"bad_words": ["\ud800"]}, "half surrogate"),
        ({"messages": [{"role": "user", "content": "\udfff"}]}, "half surrogate"),
        ({"structured_outputs": {"choice": ["x"] * 6000}}, "1024"),
        ({"structured_outputs": {"json": {"type": "array", "maxItems": 10**9}}}, "billion"),
    ],
)
def test_a_callers_fault_is_told_to_the_caller(
    gateway: Gateway, fields: dict[str, object], said: str
) -> None:
    """The engine would call it its own fault; numbers as large as may be are passed on."""
    body = json.dumps({"messages": MESSAGES, **fields}).encode()
    headers = {"content-type": "application/json"}
    refused = gateway.client.post(CHAT, content=body, headers=headers)
    assert refused.status_code in (400, 422)
    assert said in error_of(refused)["message"]
    fine = {"messages": MESSAGES, "top_k": -1, "seed": 2**63 - 1, "stop": ["\U0001f600"]}
    assert gateway.client.post(CHAT, json=fine).status_code == 200
