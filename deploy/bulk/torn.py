"""The last line of a run's files."""

import json


def is_torn(line: bytes) -> bool:
    """Is it what a kill leaves of a line? Not one that lacks its line break alone, as editors and
    joins leave it: of an object no beginning is JSON."""
    if line.endswith(b"\n"):
        return False
    try:
        json.loads(line)
    except ValueError:
        return True
    return False
