"""Which routes there are: the engine's others cannot be reached through the gateway."""

import http.client
from urllib.parse import urlsplit

import pytest

from tests.conftest import ADAPTER, Gateway, error_of

# vLLM 0.32's, with the developer's, the profiler's and the weight updater's.
DANGEROUS = (
    "/v1/load_lora_adapter",
    "/v1/unload_lora_adapter",
    "/reset_prefix_cache",
    "/reset_mm_cache",
    "/reset_encoder_cache",
    "/sleep",
    "/wake_up",
    "/is_sleeping",
    "/pause",
    "/resume",
    "/abort_requests",
    "/start_profile",
    "/stop_profile",
    "/collective_rpc",
    "/server_info",
    "/tokenizer_info",
    "/scale_elastic_ep",
    "/update_weights",
    "/init_weight_transfer_engine",
    "/fault_tolerance/apply",
    "/inference/v1/generate",
    "/invocations",
    "/load",
    "/v1/chat/completions/batch",
    "/v1/chat/completions/render",
    "/v1/completions/render",
    "/v1/messages",
    "/v1/responses/resp_1",
    "/v1/responses/resp_1/cancel",
    "/v1/responses/render",
    "/v1/embeddings",
    "/v1/score",
    "/v1/audio/transcriptions",
    "/pooling",
)
TRICKS = (
    "/v1/../v1/load_lora_adapter",
    "/v1/chat/completions/../../load_lora_adapter",
    "/v1/./load_lora_adapter",
    "//v1/load_lora_adapter",
    "/v1//load_lora_adapter",
    "/v1%2fload_lora_adapter",
    "/v1/%2e%2e/v1/load_lora_adapter",
    "/v1/chat%2f..%2f..%2fload_lora_adapter",
    "/v1/chat/completions%2f..%2f..%2f..%2fsleep",
    "/v1/models/../load_lora_adapter",
    "/v1/models/%2e%2e/load_lora_adapter",
    "/v1/models/..%2fload_lora_adapter",
    "/V1/load_lora_adapter",
    "/v1/load_lora_adapter;x",
    "/v1\\load_lora_adapter",
    "/extract/../v1/load_lora_adapter",
    "http://127.0.0.1/v1/load_lora_adapter",
)


def raw_status(gateway: Gateway, method: str, path: str) -> int:
    """Ask for a path exactly as it is written; no client tidies it up."""
    connection = http.client.HTTPConnection(urlsplit(gateway.url).netloc, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("host", "127.0.0.1")
        body = b'{"lora_name": "x", "lora_path": "/x"}'
        connection.putheader("content-type", "application/json")
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", [*DANGEROUS, *TRICKS])
def test_it_is_not_there(gateway: Gateway, path: str) -> None:
    """404 or 405, and the engine hears nothing."""
    for method in ("POST", "GET", "PUT", "DELETE"):
        assert raw_status(gateway, method, path) in (404, 405)
    assert gateway.engine.seen == []


@pytest.mark.parametrize("path", DANGEROUS)
def test_in_the_one_envelope(gateway: Gateway, path: str) -> None:
    """404, as for any route that is none."""
    response = gateway.client.post(path, json={"model": ADAPTER})
    assert (response.status_code, error_of(response)["type"]) == (404, "not_found_error")


def test_the_api_documents_have_the_routes(gateway: Gateway) -> None:
    """/docs shows what is open."""
    paths = set(gateway.client.get("/openapi.json").json()["paths"])
    openai = {"/v1/models", "/v1/models/{model}", "/v1/chat/completions", "/v1/completions"}
    assert openai | {"/tokenize", "/detokenize"} <= paths
