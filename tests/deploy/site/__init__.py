"""Tests of deploy/site."""
