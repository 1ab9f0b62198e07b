"""How it runs: the command line, the engine, base models."""

GATEWAY_URL = "http://127.0.0.1:8080"
