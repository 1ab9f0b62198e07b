"""Tests of engine/plugin."""
