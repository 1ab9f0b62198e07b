"""``nerve key``: a new api key, and what the gateway has to know of it."""

import json
import re
import secrets
from enum import StrEnum
from typing import Annotated

import typer

PREFIX = "nerve-"
RANDOM_BYTES = 32


class Scope(StrEnum):
    """What a key is for; the gateway's own list, which is not imported for ``nerve --help``."""

    extract = "extract"
    openai = "openai"
    admin = "admin"


def key(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="whose key it is; logs and errors have this name")
    ],
    scope: Annotated[list[Scope], typer.Option(help="what it is for; repeatable")],
    concurrency: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="requests at a time; left out: no limit")
    ] = None,
    rate: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="requests per minute; left out: no limit")
    ] = None,
) -> None:
    """Make an api key, which is shown once.

    The key is on standard error; the table with its hash, on standard output, belongs in the file
    that NERVE_API_KEYS_FILE names.

    nerve key partner --scope extract >> keys.toml
    """
    from service.guard.keys import NAME, sha256_of

    if not re.match(NAME, name):
        raise typer.BadParameter(
            f"{name!r}; expected up to 64 letters, digits, - and _", param_hint="'NAME'"
        )
    made = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    typer.echo(f"the api key {name}, which is kept nowhere:\n{made}\n", err=True)
    typer.echo(f"[keys.{name}]")
    typer.echo(f'sha256 = "{sha256_of(made.encode())}"')
    typer.echo(f"scopes = {json.dumps(list(dict.fromkeys(scope)))}")
    for limit, value in (("concurrency", concurrency), ("rate", rate)):
        if value is not None:
            typer.echo(f"{limit} = {value}")
    typer.echo()
