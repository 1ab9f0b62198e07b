"""Flags that are to go to vLLM, beside those that the launcher sets itself."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deploy.doctor.finding import Finding, note, well, wrong
from deploy.engine.admission import Admitted
from deploy.engine.device import Device
from deploy.engine.vllm_command import Launch, command
from service.models.manifest import Adapter

_GONE = {
    "--disable-log-requests": "vLLM no longer has it and does not start; leave it out: requests "
    "are logged only with --enable-log-requests",
}
_BACKEND = "--structured-outputs-config.backend"


def flags(
    given: Sequence[str], base: str, served: Sequence[Adapter], device: Device
) -> Iterator[Finding]:
    """What is wrong with ``given``, and whether the adapters fit into one batch."""
    values = _values(given)
    for flag, todo in _GONE.items():
        if flag in values:
            yield wrong(f"flag {flag}", todo)
    backend = values.get(_BACKEND, "guidance")
    if backend != "guidance":
        yield wrong(
            f"flag {_BACKEND}", f"{backend} cannot ground answers in the text; expected guidance"
        )
    highest = max((one.rank for one in served), default=0)
    ceiling = _number(values, "--max-lora-rank")
    if ceiling is not None and ceiling < highest:
        yield wrong("flag --max-lora-rank", f"is {ceiling} and an adapter has rank {highest}")
    yield _slots(values, base, served, device)


def _slots(values: dict[str, str], base: str, served: Sequence[Adapter], device: Device) -> Finding:
    # What the launcher would do decides; its rule is asked, not repeated.
    launch = Launch(Path(base), base, device)
    stored = [Admitted(one.engine_name, one.folder, one.rank) for one in served]
    slots = _number(_values([*command(launch, stored, "python")]) | values, "--max-loras") or 1
    if slots < len(served):
        return note(
            "flag --max-loras",
            f"{len(served)} adapters share {slots} slots of a batch, so requests for the others "
            f"wait for a place; `nerve engine -- --max-loras {len(served)}` takes memory for all",
        )
    return well("flag --max-loras", f"{slots}, for {len(served)} adapters")


def _values(words: Sequence[str]) -> dict[str, str]:
    """flag → value, as ``--flag value`` or ``--flag=value``; "" where none follows."""
    found: dict[str, str] = {}
    for place, word in enumerate(words):
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            after = words[place + 1] if place + 1 < len(words) else "--"
            found[flag] = value if equals else "" if after.startswith("--") else after
    return found


def _number(values: Mapping[str, str], flag: str) -> int | None:
    value = values.get(flag, "")
    return int(value) if value.isdecimal() else None
