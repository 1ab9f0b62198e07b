"""What has to lie on disk before the service can start: the engine's environment, a base model."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from deploy.engine import device as devices
from deploy.engine import environment, vllm_flags
from deploy.engine.device import Device
from deploy.engine.installer import TORCH_INDEX
from deploy.engine.weights import checkpoint
from deploy.pull.catalogue import read_catalogue
from deploy.pull.progress import bars
from deploy.pull.pull import pull
from deploy.pull.store import PulledModel
from deploy.terminal.show import Phases
from deploy.up.addresses import engine_address
from service.models import names
from service.models.manifest import load
from service.settings import Settings, SettingsError

ROOT = Path(__file__).resolve().parents[2]
# A GPU has hundreds of sequences in a batch (vLLM's --max-num-seqs: 256 to 1,024): the gateway's
# own defaults, made for a CPU, would starve it.
ON_GPU = {"NERVE_MAX_IN_FLIGHT": "512", "NERVE_REQUEST_CONCURRENCY": "64"}


@dataclass(frozen=True, slots=True)
class Places:
    """``home`` is the folder of all that Nerve makes; ``torch_index`` has CPU builds of torch."""

    home: Path
    torch_index: str = TORCH_INDEX


@dataclass(frozen=True, slots=True)
class EngineFlags:
    """What a person says about the engine: flags for vLLM itself, and how it multiplies the base
    model, one of ``deploy.engine.weights.CHOICES``. Raises LaunchRefused for flags that settings
    say."""

    extra: Sequence[str] = ()
    weights: str = "auto"

    def __post_init__(self) -> None:
        vllm_flags.check(self.extra)


@dataclass(frozen=True, slots=True)
class Installed:
    """The engine's Python and the base model, ready to use on ``device``."""

    python: Path
    name: str
    model: PulledModel
    device: Device = "cpu"

    def engine_command(
        self, settings: Settings, home: Path, flags: EngineFlags = EngineFlags()
    ) -> list[str]:
        """The launcher's command line, to be run in ``ROOT``."""
        host, port = engine_address(settings)
        options: dict[str, object] = {
            "--model": self.model.path,
            "--served-name": self.name,
            "--adapters": settings.adapters.absolute(),
            "--store": store(settings, home),
            "--host": host,
            "--port": port,
            "--max-model-len": settings.max_model_len,
            "--max-tokens": settings.max_tokens,
            "--weights": flags.weights,
        }
        default = _default_adapter(settings)
        if default is not None and load(settings.adapters / default).base == self.name:
            options["--require"] = default
        words = [str(word) for option in options.items() for word in option]
        to_vllm = ["--", *flags.extra] if flags.extra else []
        return [str(self.python), "-m", "deploy.engine.launcher", *words, *to_vllm]

    def engine_env(self, settings: Settings) -> dict[str, str]:
        """What the engine reads from its environment rather than from a command line."""
        key = settings.engine_api_key
        return {"VLLM_API_KEY": key.get_secret_value()} if key else {}

    def gateway_env(self, settings: Settings, home: Path) -> dict[str, str]:
        """Settings of a gateway that serves this base model."""
        # There is no other gateway to which requests could be sent while this one drains.
        usual = {"NERVE_DRAIN_S": "0"} | (ON_GPU if self.device == "cuda" else {})
        given = {f"NERVE_{name.upper()}" for name in settings.model_fields_set}
        key = settings.engine_api_key
        return {name: usual[name] for name in usual.keys() - given} | {
            **({"NERVE_ENGINE_API_KEY": key.get_secret_value()} if key else {}),
            "NERVE_BASE_MODEL": self.name,
            "NERVE_STORE": str(store(settings, home)),
            "NERVE_ADDED_TOKENS": json.dumps(self.model.added_tokens),
        }


def install(settings: Settings, places: Places, phases: Phases, weights: str = "auto") -> Installed:
    """Make what is missing; ``weights`` is one of ``deploy.engine.weights.CHOICES``.

    Raises DeviceRefused, EnvironmentNotMade, PullError, ManifestError.
    """
    name, device = base_model(settings), devices.here()
    on_disk = checkpoint(Path(name), "awq").name if weights == "awq" else name
    read_catalogue().model(on_disk)  # a name that is none, before minutes of downloads
    with phases.phase("engine's environment") as tell:
        python = environment.ensure(places.home, torch_index=places.torch_index, report=tell)
    with phases.phase(f"base model {on_disk}", spinner=False), bars(phases.console) as reporter:
        model = pull(on_disk, places.home, python, reporter)
    return Installed(python, name, model, device)


def with_engine_key(settings: Settings) -> Settings:
    """With the key that vLLM takes from its own variable where Nerve's does not say: the engine
    would have it, and the gateway not. Raises SettingsError."""
    key = os.environ.get("VLLM_API_KEY")
    if settings.engine_api_key or not key:
        return settings
    if not (key.isascii() and key.isprintable()):
        raise SettingsError("VLLM_API_KEY has other characters; expected printable ASCII only")
    return settings.model_copy(update={"engine_api_key": SecretStr(key)})


def store(settings: Settings, home: Path) -> Path:
    """The folder of adapters that engine and gateway share."""
    return settings.store.absolute() if "store" in settings.model_fields_set else home / "adapters"


def base_model(settings: Settings) -> str:
    """The base model to serve: the one that is set, else the default adapter's.

    An adapter fits one base only, so a default adapter decides it, on every device. Raises
    ManifestError.
    """
    default = _default_adapter(settings)
    if "base_model" in settings.model_fields_set or default is None:
        return settings.base_model
    return load(settings.adapters / default).base


def _default_adapter(settings: Settings) -> str | None:
    """The adapter of requests that name no model, or None when that is the base model."""
    name = names.read(settings.adapters).resolved(settings.default_model)
    return name if name and (settings.adapters / name).is_dir() else None
