"""The stages of ``adapters`` that need the engine's Python or a running service."""
