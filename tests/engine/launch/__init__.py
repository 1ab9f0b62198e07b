"""Tests of engine/launch."""
