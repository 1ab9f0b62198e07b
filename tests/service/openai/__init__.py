"""Tests of service/openai."""
