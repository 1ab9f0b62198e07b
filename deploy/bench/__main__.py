"""``python -m deploy.bench``: what it costs, measured here and now. Run it on a quiet machine."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deploy.bench.documents.command import documents
from deploy.bench.documents.grounding import grounding
from deploy.bench.environment import bench_python
from deploy.bench.errors import BenchError
from deploy.bench.gateways.contenders import ALL, OF_ENVIRONMENT, contenders
from deploy.bench.gateways.engine import check_tools
from deploy.bench.gateways.growth import growth
from deploy.bench.gateways.rounds import MODES, Plan, measure
from deploy.bench.machine import machine, versions
from deploy.bench.options import NoPicture, Out
from deploy.bench.processes import Cores
from deploy.bench.report import draw, gateway_text, keep, today
from deploy.bench.summary import rows
from deploy.commands.options import HOME, Home
from deploy.commands.running import HELP

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=HELP,
    help="What Nerve costs, measured on this machine.",
)


@app.command()
def gateway(
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="of each contender in a round")] = 4,
    connections: Annotated[list[int] | None, typer.Option(help="repeatable")] = None,
    contender: Annotated[
        list[str] | None, typer.Option(help=f"one of {', '.join(ALL)}; repeatable")
    ] = None,
    out: Out = Path("deploy/bench/reports"),
    home: Home = HOME,
    picture: NoPicture = True,
) -> None:
    """The gateway beside its peers, all in front of the same scripted engine, each on one core."""
    names = _names(contender or ALL)
    check_tools()
    cores = Cores.found()
    python = bench_python(home) if OF_ENVIRONMENT & set(names) else None
    plan = Plan(rounds, seconds, tuple(connections or (1, 8, 64, 256)), MODES)
    about = {"kind": "gateway", "date": today(), "machine": machine(), "versions": versions(python)}
    with (
        tempfile.TemporaryDirectory(prefix="nerve-bench-") as work,
        contenders(names, Path(work), cores, python) as found,
    ):
        samples = measure(found, plan, cores.load, typer.echo)
    result = {
        **about,
        "plan": asdict(plan),
        "contenders": names,
        "rows": rows(samples),
        "samples": samples,
    }
    text = gateway_text(result)
    data, _ = keep(result, "gateway", text, out)
    if picture:
        draw(data, home)
    typer.echo(text)


def _names(asked: Sequence[str]) -> list[str]:
    """Raises BenchError for one that is none; direct is always there to compare with."""
    for name in asked:
        if name not in ALL:
            raise BenchError(f"contender has {name!r}; expected one of {', '.join(ALL)}")
    return [name for name in ALL if name == "direct" or name in asked]


app.command()(documents)
app.command()(grounding)
app.command()(growth)


def main() -> None:
    """What a person can mend is one message and status 1."""
    from deploy.commands.running import clear_errors

    try:
        with clear_errors():
            app()
    except BenchError as exc:
        typer.secho(f"nerve: {exc}", fg="red", err=True)
        raise SystemExit(1) from exc


if __name__ == "__main__":
    main()
