"""The table of clients as a page of the documents."""

from collections.abc import Mapping, Sequence

from tests.clients.client import Client, Outcome

_HEAD = """# Clients

Unmodified packages at their default settings, each in an environment of its own, asked through
the gateway in front of a real vLLM. `make clients` makes this page{made}.
{note}

| client | version | what | works |
|---|---|---|---|
"""

# Of the tiny model that the suite builds.
_TINY = """
That model has random weights: it writes sense only where a grammar holds it to. A "no" that speaks
of a limit of tokens, or of an answer that cannot be read, is the model's; its entities are none.
`make clients CLIENTS="--url http://127.0.0.1:8080 --model NAME"` asks a gateway with another.
"""

LONGEST = 160  # characters of a reason

Found = Mapping[str, tuple[str, Sequence[Outcome]]]


def page(clients: Sequence[Client], found: Found, made: str, tiny: bool) -> str:
    """``found``: version and outcomes by the client's name; ``tiny``: of the suite's own model."""
    rows = [
        _row(client, *found[client.name][:1], one)
        for client in clients
        if client.name in found
        for one in found[client.name][1]
    ]
    return _HEAD.format(made=made, note=_TINY if tiny else "") + "\n".join(rows) + "\n"


def _row(client: Client, version: str, one: Outcome) -> str:
    works = "yes" if one.works else f"no: {_cell(one.why[:LONGEST])}"
    return f"| {client.title} | {version} | {_cell(one.what)} | {works} |"


def _cell(text: str) -> str:
    text = "".join(one if one.isprintable() and one != "\ufffd" else " " for one in text)
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
