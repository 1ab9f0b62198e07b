"""vLLM, seen from the gateway: the only room that knows an HTTP client."""
