"""Tests of engine/openai_api."""
