"""Tests of adapters/training."""
