"""Tests of adapters/registering."""
