"""Tests of adapters/calibrating."""
