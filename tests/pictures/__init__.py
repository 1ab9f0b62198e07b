"""The pictures of the documents, made in a real browser: ``make pictures``."""
