"""Flags that are to go to vLLM, beside those that the launcher sets itself."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deploy.doctor.finding import Finding, note, well, wrong
from deploy.engine import vllm_flags
from deploy.engine.admission import Admitted, LaunchRefused
from deploy.engine.device import Device
from deploy.engine.vllm_command import Launch, command
from service.models.manifest import Adapter

_GONE = {
    "--disable-log-requests": "vLLM no longer has it and does not start; leave it out: requests "
    "are logged only with --enable-log-requests",
    "--guided-decoding-backend": "vLLM no longer has it and does not start; leave it out: the "
    "launcher sets the backend that grounds answers in the text",
}
_BACKEND = "--structured-outputs-config.backend"


def flags(
    given: Sequence[str], base: str, served: Sequence[Adapter], device: Device, window: int
) -> Iterator[Finding]:
    """What is wrong with ``given``, after ENGINE_FLAGS as in the launcher, for adapters ``served``
    and a gateway's ``window`` of tokens; and whether the adapters fit into one batch."""
    try:
        given = [*vllm_flags.of_environment(), *given]
    except LaunchRefused as exc:
        yield wrong("ENGINE_FLAGS", str(exc))
    values = vllm_flags.read(given)
    for flag in values:
        if todo := _GONE.get(flag) or vllm_flags.refused(flag):
            yield wrong(f"flag {flag}", todo)
    backend = values.get(_BACKEND, "guidance")
    if backend != "guidance":
        yield wrong(
            f"flag {_BACKEND}", f"{backend} cannot ground answers in the text; expected guidance"
        )
    yield from _too_small(values, served, window)
    yield _slots(values, base, served, device)


def _too_small(
    values: Mapping[str, str], served: Sequence[Adapter], window: int
) -> Iterator[Finding]:
    highest = max((one.rank for one in served), default=0)
    ceiling = vllm_flags.number(values, "--max-lora-rank")
    if ceiling is not None and ceiling < highest:
        yield wrong("flag --max-lora-rank", f"is {ceiling} and an adapter has rank {highest}")
    length = vllm_flags.number(values, "--max-model-len")
    if length is not None and length < window:
        yield wrong(
            "flag --max-model-len",
            f"is {length}; expected NERVE_MAX_MODEL_LEN = {window} or more, which says it to both",
        )


def _slots(
    values: Mapping[str, str], base: str, served: Sequence[Adapter], device: Device
) -> Finding:
    # What the launcher would do decides; its rule is asked, not repeated.
    launch = Launch(Path(base), base, device)
    stored = [Admitted(one.engine_name, one.folder, one.rank) for one in served]
    ours = vllm_flags.read(command(launch, stored, "python"))
    slots = vllm_flags.number({**ours, **values}, "--max-loras") or 1
    if slots < len(served):
        return note(
            "flag --max-loras",
            f"{len(served)} adapters share {slots} slots of a batch, so requests for the others "
            f"wait for a place; `nerve engine -- --max-loras {len(served)}` takes memory for all",
        )
    return well("flag --max-loras", f"{slots}, for {len(served)} adapters")
