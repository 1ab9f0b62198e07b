"""What is wrong with a file, and with a row of it."""


class DataError(Exception):
    """A file or a row that cannot be used: names the file, the line, what is wrong, what was
    expected."""


class NotAccepted(Exception):
    """A row that the person who saw it did not accept: no gold, and nothing wrong with it."""


class BadRow(Exception):
    """What is wrong with a row, and what was expected; ``lines`` behind the row's first."""

    def __init__(self, message: str, lines: int = 0) -> None:
        super().__init__(message)
        self.lines = lines


class UnknownLabel(BadRow):
    """A row has a label that is none of those it may have."""
