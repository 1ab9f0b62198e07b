"""``make clients``: install each client, ask through the gateway, write docs/reference/clients.md.

``python -m tests.clients [--only NAME …] [--url URL --model NAME] [--to FILE]``; without a URL, a
vLLM with the tiny model is started, and a gateway in front of it.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.engine import environment
from tests.clients.client import ROOT, Outcome, clients
from tests.clients.page import page
from tests.engine.gateway import gateway
from tests.engine.real_engine import BASE, home, new_engine, tiny_model

# Short answers; a model without knowledge would fill JSON with white space, and with properties of
# its own where a schema lets it.
SHORT = (
    *("--override-generation-config", '{"max_new_tokens": 200}'),
    *("--structured-outputs-config.disable_any_whitespace", "true"),
    *("--structured-outputs-config.disable_additional_properties", "true"),
)


def main() -> int:
    """1 when something does not work."""
    options = _options()
    wanted = [one for one in clients() if not options.only or one.name in options.only]
    found: dict[str, tuple[str, list[Outcome]]] = {}
    for client in wanted:
        print(f"installing {client.title}", flush=True)
        client.install()
    with _asked(options.url) as url:
        for client in wanted:
            print(f"asking with {client.title} {client.version()}", flush=True)
            outcomes = client.ask(url, options.model)
            found[client.name] = client.version(), outcomes
            for one in outcomes:
                print(f"  {'works' if one.works else 'DOES NOT'}: {one.what} {one.why}", flush=True)
    made = f"; this one is of {datetime.now(UTC):%Y-%m-%d}, with the model `{options.model}`"
    options.to.write_text(page(wanted, found, made, options.model == BASE), encoding="utf-8")
    return int(any(not one.works for _, outcomes in found.values() for one in outcomes))


@contextmanager
def _asked(url: str | None) -> Iterator[str]:
    """The gateway at ``url``, or one of our own."""
    if url is not None:
        yield url
        return
    python = environment.ensure(home())
    with TemporaryDirectory() as place:
        engine = new_engine(python, tiny_model(python), Path(place))
        engine.flags = SHORT
        with engine.running(), gateway(engine) as client:
            yield str(client.base_url).rstrip("/")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="of clients.toml")
    parser.add_argument("--url", help="of a gateway that runs")
    parser.add_argument("--model", default=BASE, help="the model that OpenAI's clients name")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "clients.md")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
