"""``nerve``: the command line, where gateway, factory and deployment come together.

Modules are imported where they are used: ``nerve --help`` has no need of a web framework.
"""

import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from deploy import GATEWAY_URL
from deploy.commands.adapter_commands import adapter
from deploy.commands.convert_command import convert
from deploy.commands.extract_command import extract
from deploy.commands.key_command import key
from deploy.commands.mcp_command import mcp
from deploy.commands.options import HOME, Home, TorchIndex, Url, Weights
from deploy.commands.running import HELP, clear_errors
from deploy.commands.running import settings as read_settings
from deploy.engine.installer import TORCH_INDEX

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=HELP,
    help="Nerve finds typed entities, with exact positions, with a Qwen model on vLLM. "
    "Start with `nerve up`. Settings of the gateway are NERVE_… variables: see service/README.md.",
)

# Extra arguments stand after --; before it, a mistyped option is an error.
PASS_ON = {"allow_extra_args": True}


@app.command(context_settings=PASS_ON)
def up(
    context: typer.Context,
    home: Home = HOME,
    torch_index: TorchIndex = TORCH_INDEX,
    weights: Weights = "auto",
) -> None:
    """Bring everything up: environment, model, engine, gateway; show one answer; stay up.

    Flags after -- go to vLLM. Ctrl-C stops it all.
    """
    from rich.console import Console

    from deploy.up.install import EngineFlags, Places
    from deploy.up.up import up as bring_up

    with clear_errors():
        places, flags = Places(home.absolute(), torch_index), EngineFlags(context.args, weights)
        bring_up(read_settings(), places, Console(), flags)


@app.command()
def serve(
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            metavar="N",
            help="processes behind the port; left out: NERVE_WORKERS, else 1",
        ),
    ] = None,
    home: Home = HOME,
) -> None:
    """Run the gateway alone, in front of the engine that NERVE_ENGINE_URL names."""
    from deploy.gateway.serve import serve as run_gateway
    from deploy.up.install import store

    with clear_errors():
        settings = read_settings()
        settings = settings.model_copy(update={"store": store(settings, home.absolute())})
        if workers is not None:
            settings = settings.model_copy(update={"workers": workers})
        run_gateway(settings)


@app.command(context_settings=PASS_ON)
def engine(
    context: typer.Context,
    home: Home = HOME,
    torch_index: TorchIndex = TORCH_INDEX,
    weights: Weights = "auto",
) -> None:
    """Run the engine alone, with the adapters of NERVE_ADAPTERS. Flags after -- go to vLLM."""
    from rich.console import Console

    from deploy.terminal.show import Phases
    from deploy.up.addresses import check_engine
    from deploy.up.install import ROOT, EngineFlags, Places, install

    with clear_errors():
        flags = EngineFlags(context.args, weights)
        settings, places = read_settings(), Places(home.absolute(), torch_index)
        check_engine(settings)  # before minutes of downloads
        installed = install(settings, places, Phases(Console()), weights)
        command = installed.engine_command(settings, places.home, flags)
        sys.stdout.flush()
        os.chdir(ROOT)
        os.execve(command[0], command, {**os.environ, **installed.engine_env(settings)})


@app.command()
def pull(
    model: Annotated[
        str | None,
        typer.Argument(metavar="MODEL", help="a base model of deploy/engine/models.toml"),
    ] = None,
    home: Home = HOME,
    torch_index: TorchIndex = TORCH_INDEX,
) -> None:
    """Download and convert a base model; without a name, the one that `nerve up` would serve.

    NERVE_MODEL_FOLDER names a folder that may have it already, HF_ENDPOINT a mirror of the hub.
    """
    from rich.console import Console

    from deploy.terminal.show import Phases
    from deploy.up.install import Places, install

    with clear_errors():
        settings = read_settings()
        if model is not None:
            settings = settings.model_copy(update={"base_model": model})
        places = Places(home.absolute(), torch_index)
        installed = install(settings, places, Phases(Console()))
        typer.echo(installed.model.path)


@app.command(context_settings=PASS_ON)
def doctor(context: typer.Context, url: Url = GATEWAY_URL, home: Home = HOME) -> None:
    """Check whether settings, adapters, base model, engine and gateway fit together.

    One line a check: ✓, ! for what to know, ✗ for what to mend; status 1 after any ✗. Flags after
    -- are checked as `nerve engine -- FLAGS` would pass them to vLLM.
    """
    from rich.console import Console

    from deploy.doctor.doctor import examine
    from deploy.doctor.finding import show

    with clear_errors():
        failed = show(Console(), examine(read_settings, home, url, context.args))
    raise typer.Exit(1 if failed else 0)


app.command()(extract)
app.command()(convert)
app.command()(key)
app.command()(mcp)
app.add_typer(adapter, name="adapter")


def main() -> None:
    """The console script."""
    # A mark that a terminal's encoding (GBK, say) does not have ends no command.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
