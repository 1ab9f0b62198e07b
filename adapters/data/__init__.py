"""Labelled rows: read, checked, split, varied, written."""
