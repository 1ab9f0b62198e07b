"""Markdown as strings."""

from collections.abc import Iterable, Sequence


def cell(value: object) -> str:
    """Text for a cell of a table: on one line, a bar escaped."""
    return " ".join(str(value).split()).replace("|", "\\|")


def code(value: object) -> str:
    """As code; nothing stays nothing."""
    return f"`{value}`" if str(value) else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells may have Markdown of their own."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines)


def page(title: str, *parts: str) -> str:
    """A page of paragraphs and tables under a title."""
    return "\n\n".join((f"# {title}", *(part.strip("\n") for part in parts))) + "\n"
