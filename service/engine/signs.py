"""By what the gateway tells an engine that lives from one that only takes connections."""

from dataclasses import dataclass


@dataclass(slots=True)
class Signs:
    """``heard`` counts what comes from the engine: answers, pieces of streams.

    ``in_vain``: a completion had its time, and since then none was written, nor a piece of one.
    vLLM's HTTP side, a process of its own, does not notice when the core hangs.
    """

    heard: int = 0
    in_vain: bool = False

    def answered(self) -> None:
        """Something has come, whatever it is."""
        self.heard += 1

    def wrote(self) -> None:
        """A completion has come, or a piece of one."""
        self.heard += 1
        self.in_vain = False

    def timed_out(self) -> None:
        """A request had its time, most of it at least."""
        self.in_vain = True
