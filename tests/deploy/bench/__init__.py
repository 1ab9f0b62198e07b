"""Tests of deploy/bench."""
