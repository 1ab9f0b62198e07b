"""Tests of deploy/commands."""
