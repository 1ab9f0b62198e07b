"""Clients of others, unmodified, at their defaults: ``python -m tests.clients`` asks with each."""
