"""What the commands share: options, the settings, and errors that a person can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from service.settings import Settings

HELP = {"help_option_names": ["-h", "--help"]}

Home = Annotated[
    Path,
    typer.Option(envvar="NERVE_HOME", help="folder for all that Nerve downloads and makes"),
]
TorchIndex = Annotated[
    str,
    typer.Option(
        envvar="NERVE_TORCH_INDEX", help="index of torch for CPU, for when pip's own has it not"
    ),
]
Weights = Annotated[
    Literal["auto", "checkpoint", "int8", "fp8", "awq"],
    typer.Option(
        envvar="NERVE_ENGINE_WEIGHTS",
        help="how the engine multiplies the base model: int8 on CPUs, fp8 and awq on GPUs; "
        "auto: in 8 bits where that is fast on a CPU",
    ),
]
Url = Annotated[str, typer.Option(envvar="NERVE_URL", help="the gateway's address")]
HOME = Path(".nerve")

# Read by the commands, not by the gateway.
VARIABLES = (
    "NERVE_API_KEY",
    "NERVE_DEVICE",
    "NERVE_ENGINE_WEIGHTS",
    "NERVE_HOME",
    "NERVE_MAX_LORA_RANK",
    "NERVE_MODEL_FOLDER",
    "NERVE_TORCH_INDEX",
    "NERVE_URL",
)


@contextmanager
def clear_errors() -> Iterator[None]:
    """What a person can mend is one message and status 1, not a traceback; Ctrl-C is 130."""
    from deploy.commands.errors import FOR_PEOPLE

    try:
        yield
    except FOR_PEOPLE as exc:
        typer.secho(f"nerve: {exc}", fg="red", err=True)
        raise typer.Exit(1) from exc
    except KeyboardInterrupt as exc:
        raise typer.Exit(130) from exc


def settings() -> "Settings":
    """The gateway's settings, from the environment; raises SettingsError."""
    from service.settings import Settings

    return Settings.read(others=VARIABLES)
