"""Run by the engine's Python: how often its types tell of a body. Bodies come as lines of JSON,
``[path, body]``; numbers go."""

import json
import sys

from pydantic import TypeAdapter, ValidationError
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.entrypoints.openai.completion.protocol import CompletionRequest
from vllm.entrypoints.openai.responses.protocol import ResponsesRequest

TYPES = {
    "/v1/chat/completions": ChatCompletionRequest,
    "/v1/completions": CompletionRequest,
    "/v1/responses": ResponsesRequest,
}

for line in sys.stdin:
    path, body = json.loads(line)
    try:
        TypeAdapter(TYPES[path]).validate_python(body)
        number = 0
    except ValidationError as exc:
        number = exc.error_count()
    except ValueError:  # vLLM's own words, of one thing
        number = 1
    print(f"problems {number}")
