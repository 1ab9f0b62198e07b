"""What every command runs in: settings from the environment, errors that a person can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from deploy.terminal.seen import seen

if TYPE_CHECKING:
    from service.settings import Settings

HELP = {"help_option_names": ["-h", "--help"]}

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
    from service.wire.wording import told

    try:
        yield
    except FOR_PEOPLE as exc:
        typer.secho(f"nerve: {seen(told(exc))}", fg="red", err=True)
        raise typer.Exit(1) from exc
    except KeyboardInterrupt as exc:
        raise typer.Exit(130) from exc


def settings() -> "Settings":
    """The gateway's settings, from the environment; raises SettingsError."""
    from service.settings import Settings

    return Settings.read(others=VARIABLES)


def tell(line: str) -> None:
    """Say it on standard error, beside what is written."""
    typer.echo(seen(line), err=True)
