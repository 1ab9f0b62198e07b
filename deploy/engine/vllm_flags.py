"""The user's own flags for vLLM, read as vLLM reads them. Standard library.

vLLM takes ``_`` for ``-`` in a name, and a value after ``=`` or in the next word; some names have a
short form.
"""

import os
import shlex
from collections.abc import Mapping, Sequence

from deploy.engine.admission import LaunchRefused

_LONG = {
    "-tp": "--tensor-parallel-size",
    "-pp": "--pipeline-parallel-size",
    "-sc": "--speculative-config",
}
# What the gateway must know, too: the setting that says it to both, and the launcher's own word.
_SET = {
    "--host": "NERVE_ENGINE_URL says it, or the launcher's own --host",
    "--port": "NERVE_ENGINE_URL says it, or the launcher's own --port",
    "--uds": "the engine listens where NERVE_ENGINE_URL says",
    "--model": "NERVE_BASE_MODEL says it, or the launcher's own --model",
    "--served-model-name": "NERVE_BASE_MODEL says it, or the launcher's own --served-name",
    "--api-key": "NERVE_ENGINE_API_KEY says it, or VLLM_API_KEY for the launcher alone",
}


def read(words: Sequence[str]) -> dict[str, str]:
    """Name → value, the last where there are several; "" where none follows.

    Names are long ones with ``-``; what follows a dot in them is a key, which vLLM leaves as it is.
    """
    found: dict[str, str] = {}
    for place, word in enumerate(words):
        if name := _name(word):
            after = words[place + 1] if place + 1 < len(words) else "--"
            follows = "" if after.startswith("--") else after
            found[name] = word.partition("=")[2] if "=" in word else follows
    return found


def number(flags: Mapping[str, str], name: str) -> int | None:
    """The value of a flag that has a number, or None."""
    value = flags.get(name, "")
    return int(value) if value.isdecimal() else None


def of_environment() -> list[str]:
    """Those of ENGINE_FLAGS, as a shell would split them. Raises LaunchRefused."""
    given = os.environ.get("ENGINE_FLAGS", "")
    try:
        return shlex.split(given)
    except ValueError as exc:
        raise LaunchRefused(f"ENGINE_FLAGS = {given!r}: {exc}; expected flags for vLLM.") from exc


def check(words: Sequence[str]) -> None:
    """Raises LaunchRefused for a flag with which the gateway would not find the engine."""
    for name in read(words):
        if said := refused(name):
            raise LaunchRefused(f"{name} is not taken among vLLM's flags: {said}.")


def refused(name: str) -> str:
    """Where to say instead what flag ``name`` says; "" where it may go to vLLM."""
    # vLLM takes the beginning of a name for the name where no other begins so.
    return next((said for flag, said in _SET.items() if flag.startswith(name)), "")


def _name(word: str) -> str:
    """The long name of a flag; "" for what is none."""
    given = word.partition("=")[0]
    if len(given) > 2 and given.startswith("--"):
        flag, dot, key = given.partition(".")
        return flag.replace("_", "-") + dot + key
    return "--quantization" if given.startswith("-q") else _LONG.get(given, "")
