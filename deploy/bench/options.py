"""Options that the measurements share."""

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path, typer.Option(help="folder of the report: JSON, a table, a picture")]
NoPicture = Annotated[bool, typer.Option("--picture/--no-picture", help="draw it")]
REPORTS = Path("deploy/bench/reports")
