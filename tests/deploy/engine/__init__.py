"""Tests of deploy/engine."""
