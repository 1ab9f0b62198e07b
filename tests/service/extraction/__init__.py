"""Tests of service/extraction."""
