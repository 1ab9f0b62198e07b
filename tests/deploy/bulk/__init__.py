"""Tests of deploy/bulk."""
