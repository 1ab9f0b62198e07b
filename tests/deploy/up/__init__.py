"""Tests of deploy/up."""
