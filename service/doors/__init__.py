"""Doors for clients of other services, unmodified: their routes, shapes, limits and errors.

A file for each of them; all ask the one use case of ``/extract``. What their labels are called
there is said in ``labels.toml``, which an operator's own file changes.
"""
