"""Tests of deploy/doctor."""
