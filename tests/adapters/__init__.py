"""The adapter factory."""
