"""What pip says, in a person's words: news while it works, and why it failed."""

import re
import sys
from pathlib import Path


def progress(line: str, done: int, total: int) -> str:
    """What to tell of one line of pip's output; mostly nothing."""
    place = f" ({done}/{total})" if total else ""
    if found := re.match(r"Downloading (\S+?)-\d\S* \((.*)\)", line):
        return f"downloading {found[1].rpartition('/')[2]}, {found[2]}{place}"
    if found := re.match(r"Collecting ([\w.-]+)", line):
        return f"collecting {found[1]}{place}"
    if line.startswith("Installing collected packages"):
        return "unpacking; this takes a minute"
    return ""


_CAUSES = {
    r"No space left on device": "The disk is full: make room and start again.",
    r"ensurepip is not available|No module named venv": (
        "This Python has no venv module: install it (on Debian and Ubuntu the package "
        "python3-venv) and start again."
    ),
    r"THESE PACKAGES DO NOT MATCH THE HASHES": (
        "A downloaded package is not the one that was pinned (wrong sha256): a proxy or mirror "
        "gave something else; nothing of it was installed."
    ),
    r"NewConnectionError|NameResolution|ConnectTimeout|ReadTimeout|ProxyError|SSLError": (
        "The package index cannot be reached: check the network, or pip's settings, and start "
        "again."
    ),
    r"No matching distribution": (
        "The package index does not have a package that the engine needs for this platform and "
        f"Python {sys.version_info[0]}.{sys.version_info[1]}."
    ),
}


def explained(lines: list[str], log: Path) -> str:
    """Why pip failed, what to do, and its last lines."""
    text = "".join(lines)
    sentence = next(
        (words for pattern, words in _CAUSES.items() if re.search(pattern, text)),
        "The engine's environment could not be installed.",
    )
    tail = "".join(f"  {line}" for line in lines[-5:])
    return f"{sentence} The whole log is {log}; its last lines:\n{tail}".rstrip()
