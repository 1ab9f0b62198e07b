"""Tests of deploy/gateway."""
