"""What ends a run; a row's own error ends only the row."""

from deploy.errors import AskFailed


class BulkFailed(AskFailed):
    """Why the run cannot begin or go on, in a sentence; what is written stays."""
