"""The options and arguments that commands share, each named and explained once.

A path that is read is looked at before the work begins: one that is not there, a folder in place of
a file, or no right to read it is an error of the argument, with status 2.
"""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from adapters.data.readers import Kind
from deploy.bulk.files import Format
from service.ner.types import Constraint, Overlaps

HOME = Path(".nerve")

read_option = partial(typer.Option, exists=True, dir_okay=False)
read_argument = partial(typer.Argument, exists=True, dir_okay=False)
written_option = partial(typer.Option, dir_okay=False)


def _checked_name(name: str) -> str:
    from service.models.manifest import is_name

    if not is_name(name):
        raise typer.BadParameter(f"{name!r}; expected letters, digits, '.', '_' or '-', up to 100")
    return name


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:  # a port that is none, half of an IPv6 address, a name with two dots in it
        is_one = False
    if not is_one:
        from service.settings import without_password

        raise typer.BadParameter(f"{without_password(url)!r}; expected http://HOST:PORT")
    return url.rstrip("/")


NewName = Annotated[
    str, typer.Argument(metavar="NAME", callback=_checked_name, help="the adapter's name")
]

# The engine, and what is downloaded and made for it.
Home = Annotated[
    Path,
    typer.Option(
        envvar="NERVE_HOME", file_okay=False, help="folder for all that Nerve downloads and makes"
    ),
]
TorchIndex = Annotated[
    str,
    typer.Option(
        envvar="NERVE_TORCH_INDEX",
        metavar="URL",
        help="package index with PyTorch for CPU, for where pip's own lacks it",
    ),
]
Weights = Annotated[
    Literal["auto", "checkpoint", "int8", "fp8", "awq"],
    typer.Option(
        envvar="NERVE_ENGINE_WEIGHTS",
        help="precision of the base model's weights in the engine: checkpoint (as they are), int8 "
        "on CPUs, fp8 and awq on GPUs; auto: int8 on an x86 CPU",
    ),
]
Base = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        help="folder of the base model; left out: the one that `nerve pull` brought",
    ),
]

# The gateway, and what it is asked for.
Url = Annotated[
    str,
    typer.Option(
        envvar="NERVE_URL", metavar="URL", callback=_checked_url, help="the gateway's address"
    ),
]
Urls = Annotated[
    list[str],
    typer.Option(
        envvar="NERVE_URL",
        metavar="URL",
        callback=lambda urls: [*map(_checked_url, urls)],
        help="the gateway's address; repeatable with --out",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="an adapter, an alias or the base model; left out: the gateway's default",
    ),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="NAME[=DESCRIPTION]", help="a label to ask for; repeatable"),
]
LabelFile = Annotated[
    Path | None,
    read_option(
        help="the labels to ask for, in a file (JSON or TOML): id → name, description; or in Label "
        "Studio's labelling config (.xml)"
    ),
]
ConstraintOption = Annotated[
    Constraint,
    typer.Option(
        "--constraint",
        help="what the engine's decoding is held to: the text, the form alone, or nothing",
    ),
]
OverlapsOption = Annotated[
    Overlaps,
    typer.Option("--overlaps", help="all: nested and overlapping entities count, too"),
]
Concurrency = Annotated[
    int,
    typer.Option(
        "--concurrency",
        "--side-by-side",  # as `evaluate` and `calibrate` called it
        min=1,
        max=1000,
        metavar="N",
        help="requests at a time; a full gateway is asked again",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="print the answer as JSON")]

# What `nerve extract --out` writes, and what is made of it.
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format", help="of --out; left out: by its name, .jsonl .csv .conll .brat .html"
    ),
]
Answers = Annotated[
    Path, read_argument(metavar="ANSWERS", help="JSON lines of `nerve extract --out`")
]
NewFile = Annotated[Path, typer.Option(help="what to write; a name that is not taken")]
Encoding = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="of the file: utf-8, gb18030, utf-16, …; left out: as its bytes tell",
    ),
]

# Labelled rows: a file, or a folder of brat's.
LabelledRows = Annotated[
    Path, typer.Argument(exists=True, metavar="DATA", help="the labelled rows")
]
LabelledOption = Annotated[
    Path, typer.Option("--data", exists=True, help="the labelled rows that were measured on")
]
KindOption = Annotated[
    Kind,
    typer.Option("--kind", help="the rows' format; auto: as file name and first rows tell"),
]
# Of a file of labelled rows; with HeldOut and RowCount what ``deploy.factory.gold.Wanted`` has.
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="leave bad rows out, and count them")]
HeldOut = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="of a training file, the N rows that the recipe holds out (0: all rows)",
    ),
]
RowCount = Annotated[
    int, typer.Option("--rows", min=0, metavar="N", help="the first N of these rows only (0: all)")
]
Split = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="what reports call these rows; left out: as their file is called"
    ),
]
Shown = Annotated[int, typer.Option(min=0, metavar="N", help="how many changed sentences to show")]
