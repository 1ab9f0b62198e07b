"""vLLM's flag for the drafts of the CPU plugin (``plugin/nerve_cpu_draft.py``)."""

import json
from collections.abc import Sequence

_CONFIG = {
    "method": "custom_class",
    "model": "nerve_cpu_draft.Proposer",
    "num_speculative_tokens": 4,
}
_THEIRS = ("--spec", "-sc")


def flags(extra: Sequence[str]) -> list[str]:
    """None where the user's own flags speak of speculative decoding."""
    if any(word.startswith(_THEIRS) for word in extra):
        return []
    return ["--speculative-config", json.dumps(_CONFIG)]
