"""Doors: clients of other services, unmodified, get what they expect."""
