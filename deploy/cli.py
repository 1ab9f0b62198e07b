"""``nerve``: the command line, where gateway, factory and deployment come together.

Modules are imported where they are used: ``nerve --help`` has no need of a web framework.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy import GATEWAY_URL
from deploy.engine.environment import TORCH_INDEX

if TYPE_CHECKING:
    from service.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Nerve finds typed entities, with exact positions, with a Qwen model on vLLM. "
    "Start with `nerve up`. Settings of the gateway are NERVE_… variables: see service/README.md.",
)

# Extra arguments stand after --; before it, a mistyped option is an error.
PASS_ON = {"allow_extra_args": True}

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
HOME = Path(".nerve")

# Read by the commands, not by the gateway.
VARIABLES = ("NERVE_HOME", "NERVE_MODEL_FOLDER", "NERVE_TORCH_INDEX", "NERVE_URL")


@app.command(context_settings=PASS_ON)
def up(
    context: typer.Context,
    home: Home = HOME,
    torch_index: TorchIndex = TORCH_INDEX,
) -> None:
    """Bring everything up: environment, model, engine, gateway; show one answer; stay up.

    Flags after -- go to vLLM. Ctrl-C stops it all.
    """
    from rich.console import Console

    from deploy.install import Places
    from deploy.up import up as bring_up

    with clear_errors():
        bring_up(_settings(), Places(home.absolute(), torch_index), Console(), context.args)


@app.command()
def serve() -> None:
    """Run the gateway alone, in front of the engine that NERVE_ENGINE_URL names."""
    from deploy.serve import serve as run_gateway

    with clear_errors():
        run_gateway(_settings())


@app.command(context_settings=PASS_ON)
def engine(
    context: typer.Context,
    home: Home = HOME,
    torch_index: TorchIndex = TORCH_INDEX,
) -> None:
    """Run the engine alone, with the adapters of NERVE_ADAPTERS. Flags after -- go to vLLM."""
    from rich.console import Console

    from deploy.install import ROOT, Places, install
    from deploy.show import Phases

    with clear_errors():
        settings, places = _settings(), Places(home.absolute(), torch_index)
        installed = install(settings, places, Phases(Console()))
        command = installed.engine_command(settings, places.home, context.args)
        sys.stdout.flush()
        os.chdir(ROOT)
        os.execve(command[0], command, {**os.environ, **installed.engine_env(settings)})


@app.command()
def pull(
    model: Annotated[
        str | None, typer.Argument(help="a base model of deploy/engine/models.toml")
    ] = None,
    home: Home = HOME,
    torch_index: TorchIndex = TORCH_INDEX,
) -> None:
    """Download and convert a base model; without a name, the one that `nerve up` would serve.

    NERVE_MODEL_FOLDER names a folder that may have it already, HF_ENDPOINT a mirror of the hub.
    """
    from rich.console import Console

    from deploy.install import Places, install
    from deploy.show import Phases

    with clear_errors():
        settings = _settings()
        if model is not None:
            settings = settings.model_copy(update={"base_model": model})
        places = Places(home.absolute(), torch_index)
        installed = install(settings, places, Phases(Console()))
        typer.echo(installed.model.path)


@app.command()
def extract(
    text: Annotated[str, typer.Argument(help="the text; - reads standard input")],
    model: Annotated[str | None, typer.Option(help="an adapter or the base model")] = None,
    label: Annotated[list[str] | None, typer.Option(help="a label to find; repeatable")] = None,
    url: Annotated[
        str, typer.Option(envvar="NERVE_URL", help="the gateway's address")
    ] = GATEWAY_URL,
    as_json: Annotated[bool, typer.Option("--json", help="print the answer as JSON")] = False,
) -> None:
    """Find the entities of a text through a running gateway."""
    from rich.console import Console

    from deploy.ask import ask
    from deploy.show import show_answer

    text = sys.stdin.read() if text == "-" else text
    with clear_errors():
        answer = ask(url, text, model, label or ())
    console = Console()
    if as_json:
        console.print_json(data=answer)
    else:
        show_answer(console, text, answer)


@contextmanager
def clear_errors() -> Iterator[None]:
    """What a person can mend is one message and status 1, not a traceback; Ctrl-C is 130."""
    from deploy.errors import FOR_PEOPLE

    try:
        yield
    except FOR_PEOPLE as exc:
        typer.secho(f"nerve: {exc}", fg="red", err=True)
        raise typer.Exit(1) from exc
    except KeyboardInterrupt as exc:
        raise typer.Exit(130) from exc


def _settings() -> "Settings":
    from service.settings import Settings

    return Settings.read(others=VARIABLES)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
