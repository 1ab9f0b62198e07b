"""The device that the engine is to run on: a CPU, or a GPU that vLLM can use."""

from urllib.parse import urlsplit

from deploy.doctor.finding import Finding, note, well, wrong
from deploy.engine import device as devices
from deploy.engine.device import Device, DeviceRefused
from service.settings import Settings, is_loopback


def device(settings: Settings) -> tuple[Finding, Device]:
    """Which it is, and what `nerve up` would refuse; a note where the engine runs elsewhere."""
    try:
        found = devices.here()
        if found == "cpu":
            return well("device", "CPU: no NVIDIA GPU, or NERVE_DEVICE=cpu"), found
        devices.check_compiler()
        return _gpu(), found
    except DeviceRefused as exc:
        here = is_loopback(urlsplit(settings.engine_url).hostname or "")
        return (wrong if here else note)("device", str(exc)), "cpu"


def _gpu() -> Finding:
    seen = devices.gpus()
    if not seen:
        return note("device", "an NVIDIA GPU, of which nothing is known: there is no nvidia-smi")
    one, *more = seen
    told = f"{one.name}, {one.memory / 2**30:.0f} GiB, driver {one.driver}"
    if more:
        told += (
            f"; {len(more)} more, which one engine leaves idle: docs/howto/gpu.md has an engine "
            "for each, and one over several"
        )
        return note("device", told)
    return well("device", told)
