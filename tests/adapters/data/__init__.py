"""Tests of adapters/data."""
