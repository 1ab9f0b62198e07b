"""Tests of service/guard."""
