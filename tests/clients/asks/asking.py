"""What a client is asked to do, and how it went: a line of JSON each. Standard library only, since
each client has an environment of its own."""

import json
import sys
import traceback
from collections.abc import Callable

Case = Callable[[str, str], object]
_CASES: list[tuple[str, Case]] = []

ASKED = "浙商银行的叶老桂"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Bern"]}},
    "required": ["city"],
    "additionalProperties": False,
}


def case(what: str) -> Callable[[Case], Case]:
    """A decorator: of a function of the gateway's address and a model's name, which may raise."""

    def keep(function: Case) -> Case:
        _CASES.append((what, function))
        return function

    return keep


def run() -> None:
    """All of them; one that raises does not work, and what it raised is why."""
    url, model = sys.argv[1:3]
    for what, function in _CASES:
        why = ""
        try:
            function(url, model)
        except Exception as exc:
            traceback.print_exc()
            why = f"{type(exc).__name__}: {exc}"[:400]
        print(json.dumps({"what": what, "works": not why, "why": why}), flush=True)
