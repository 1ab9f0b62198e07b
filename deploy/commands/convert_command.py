"""``nerve convert``: what ``nerve extract --out`` wrote, in another format; nobody is asked."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.extract_command import FormatOption
from deploy.commands.options import clear_errors


def convert(
    rows: Annotated[Path, typer.Argument(help="JSON lines of nerve extract --out")],
    out: Annotated[Path, typer.Option(help="what to write; a name that is not taken")],
    to: FormatOption = None,
) -> None:
    """Write the rows of a bulk run as CSV, CoNLL columns, a brat folder, a page in colour, or
    for doccano or Label Studio, to be corrected there."""
    with clear_errors():
        from deploy.bulk.convert import convert as write
        from deploy.bulk.errors import BulkFailed
        from deploy.bulk.files import format_of
        from deploy.bulk.formats.brat import is_unfinished
        from deploy.bulk.state import has_content

        chosen = to or format_of(out)
        if chosen == "jsonl":
            raise BulkFailed(f"{rows} has JSON lines already; expected another format")
        if has_content(out) and not (chosen == "brat" and is_unfinished(out)):
            raise BulkFailed(f"{out} is there already; expected a new name")
        write(rows, out, chosen)
