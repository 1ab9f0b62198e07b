"""Thin handlers, one file a family of routes."""
