"""vLLM's flag for the drafts of the CPU plugin (``plugin/nerve_cpu_draft.py``)."""

import json
from collections.abc import Sequence

from deploy.engine import vllm_flags

_CONFIG = {
    "method": "custom_class",
    "model": "nerve_cpu_draft.Proposer",
    "num_speculative_tokens": 4,
}
_THEIRS = ("--speculative-", "--spec-")


def flags(extra: Sequence[str]) -> list[str]:
    """None where the user's own flags speak of speculative decoding."""
    if any(name.startswith(_THEIRS) for name in vllm_flags.read(extra)):
        return []
    return ["--speculative-config", json.dumps(_CONFIG)]
