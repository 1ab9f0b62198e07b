"""Tests of adapters/measuring."""
