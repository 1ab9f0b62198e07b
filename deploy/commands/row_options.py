"""The options of ``nerve extract`` for a file of rows, and their refusal where there is none."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from deploy.bulk.inputs.kinds import Kind

row_option = partial(typer.Option, rich_help_panel="A file of rows")

Out = Annotated[
    Path | None,
    row_option(help="write the entities of every row of a file; the same command resumes"),
]
RowKind = Annotated[
    Kind | None,
    row_option(
        "--kind", help="txt: a text a line; json: an array; left out: as the file's name says"
    ),
]
Column = Annotated[
    str,
    row_option(help="the column of the text, of CSV, TSV, Parquet, XLSX; left out: text"),
]
Field = Annotated[
    str,
    row_option(help="the JSON field of the text; data.text: the one in data; left out: text"),
]
Delimiter = Annotated[str, row_option(metavar="CHARACTER", help="of CSV and TSV; tab is one")]
Sheet = Annotated[str, row_option(metavar="NAME", help="of an XLSX file with more than one")]
Retry = Annotated[
    bool, row_option("--retry-failed", help="ask again for the rows of OUT.failed.jsonl")
]
Patience = Annotated[
    float, row_option(min=0, metavar="SECONDS", help="give up once every gateway is down so long")
]

# A text without --out has no use for them.
_OF_ROWS = (
    *("out_format", "kind", "column", "field", "delimiter", "sheet"),
    *("concurrency", "retry_failed", "patience"),
)


def refuse_options_of_rows(context: typer.Context, urls: Sequence[str]) -> None:
    """Raises BadParameter for those that were typed; ``urls`` may be one."""
    typed = {name for name in _OF_ROWS if _is_typed(context, name)}
    names = [one.opts[0] for one in context.command.params if one.name in typed]
    names += ["more than one --url"] if len(urls) > 1 and _is_typed(context, "url") else []
    if names:
        raise typer.BadParameter(
            f"{', '.join(names)} without --out: a file of rows has use for it, a text has none; "
            "expected --out too"
        )


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
