"""The formats that are written from the JSON lines of a run. What was dropped, and whether an
answer was truncated, stands only there."""
