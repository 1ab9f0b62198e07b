"""What can go wrong in a pull.

PullError              one sentence for the person who typed `nerve pull`
├── CatalogueError     models.toml is wrong: names the key
├── SourceFailed       this source cannot give the files; the next one is tried
│   └── WrongHash      a file arrived whole, but it is another file
├── DiskFull           no room on the disk
└── PullRunning        another process pulls the same model
"""


class PullError(Exception):
    """One sentence that says what is wrong and, where possible, what to do."""


class CatalogueError(PullError):
    """models.toml is wrong, or has no such model."""


class SourceFailed(PullError):
    """This source cannot give the files; the next one is tried."""


class WrongHash(SourceFailed):
    """A file arrived whole, but it is another file than the catalogue's."""


class DiskFull(PullError):
    """There is no room on the disk."""


class PullRunning(PullError):
    """Another process pulls the same model."""
