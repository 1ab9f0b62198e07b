"""Tests of deploy/pull."""
