"""Measurements by hand of what should grow with its input, and of what should not."""
