"""What keeps a measurement from being made."""


class BenchError(Exception):
    """What is missing or went wrong, in a sentence, and what to do."""
