"""What ends a run; a row's own error ends only the row."""


class BulkFailed(Exception):
    """Why the run cannot begin or go on, in a sentence; what is written stays."""


class Refused(BulkFailed):
    """What every row asks for is refused, or what answers is no gateway: the same command would end
    the same way."""
