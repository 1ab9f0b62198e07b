"""The table of clients as a page of the documents."""

from collections.abc import Mapping, Sequence

from tests.clients.client import Client, Outcome

_HEAD = """# Clients

Unmodified packages at their default settings, each in an environment of its own, asked through
the gateway in front of a real vLLM. `make clients` makes this page{made}.

| client | version | what | works |
|---|---|---|---|
"""

Found = Mapping[str, tuple[str, Sequence[Outcome]]]


def page(clients: Sequence[Client], found: Found, made: str) -> str:
    """``found``: version and outcomes by the client's name."""
    rows = [
        _row(client, *found[client.name][:1], one)
        for client in clients
        if client.name in found
        for one in found[client.name][1]
    ]
    return _HEAD.format(made=made) + "\n".join(rows) + "\n"


def _row(client: Client, version: str, one: Outcome) -> str:
    works = "yes" if one.works else f"no: {_cell(one.why)}"
    return f"| {client.title} | {version} | {_cell(one.what)} | {works} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
