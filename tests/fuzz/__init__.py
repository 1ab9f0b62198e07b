"""Hostile input of every kind: `make fuzz`, and a short version in the suite."""
