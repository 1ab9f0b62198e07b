"""The device that the engine is to run on: a CPU, or a GPU that vLLM can use."""

from urllib.parse import urlsplit

from deploy.doctor.finding import Finding, note, well, wrong
from deploy.engine import device as devices
from deploy.engine.device import Device, DeviceRefused
from deploy.engine.gpu import usable
from service.settings import Settings, is_loopback


def device(settings: Settings) -> tuple[Finding, Device]:
    """Which it is, and what `nerve up` would refuse; a note where the engine runs elsewhere."""
    try:
        found = devices.here()
        if found == "cpu":
            return well(
                "device", "CPU: no NVIDIA GPU, or none by NERVE_DEVICE and CUDA_VISIBLE_DEVICES"
            ), found
        devices.check_compiler()
        return _gpu(), found
    except DeviceRefused as exc:
        here = is_loopback(urlsplit(settings.engine_url).hostname or "")
        return (wrong if here else note)("device", str(exc)), "cpu"


def _gpu() -> Finding:
    seen = usable(devices.gpus())
    if not seen:
        return note("device", "an NVIDIA GPU, of which nothing is known: there is no nvidia-smi")
    one, *more = seen
    known = [f"{one.memory / 2**30:.0f} GiB"] if one.memory else []
    told = ", ".join([one.name, *known, *([f"driver {one.driver}"] if one.driver else [])])
    if more:
        told += (
            f"; {len(more)} more, which one engine leaves idle: docs/howto/gpu.md has an engine "
            "for each, and one over several"
        )
        return note("device", told)
    return well("device", told)
