"""Tests of deploy/ray."""
