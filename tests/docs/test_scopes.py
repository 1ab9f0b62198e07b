"""service/README.md, api keys: the table of scopes is what the gateway asks for."""

import re

import pytest

from service.guard.access import right
from tests.docs.test_documented import REFERENCE

TABLE = REFERENCE.split("| route | scope |")[1].split("\n\n")[0]
# (method or none for any, path, what is needed)
ROWS = [
    (method, path, re.sub(r"^none: |[`,].*", "", scope.strip("`")))
    for routes, scope in re.findall(r"^\| (.+) \| (.+) \|$", TABLE, re.MULTILINE)
    for method, path in re.findall(r"`(?:([A-Z]+) )?(/[^` ]*)`", routes)
]
ROUTES = sorted(set(re.findall(r"`(GET|POST|DELETE) (/[^`\s?]*)", REFERENCE)))


def needed(method: str, path: str) -> set[str]:
    """What the table says of a route; … stands for any path below."""
    return {
        scope
        for of, row, scope in ROWS
        if of in ("", method)
        and (path.startswith(row.removesuffix("…")) if row.endswith("…") else path == row)
    }


@pytest.mark.parametrize(("method", "path", "scope"), ROWS)
def test_what_the_table_says_holds(method: str, path: str, scope: str) -> None:
    """For every method, where it names none."""
    asked = path.replace("…", "nothing")
    for one in [method] if method else ["GET", "POST"]:
        assert right(one, asked) == scope


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_of_the_reference_is_in_the_table(method: str, path: str) -> None:
    """The doors', too."""
    assert needed(method, path) == {right(method, path)}
