"""Tests of adapters/mixing."""
