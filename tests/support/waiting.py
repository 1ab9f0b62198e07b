"""Wait for a condition, no longer than needed."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    """Return once ``condition`` holds; fails the test if it does not ``within_s`` seconds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.01)  # other processes and threads cannot be awaited
