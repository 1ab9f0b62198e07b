"""The api key that commands send to a gateway. Light: `nerve --help` imports it."""

import os


def api_key() -> str | None:
    """What the commands send to the gateway as their api key."""
    return os.environ.get("NERVE_API_KEY") or None


def key_header() -> dict[str, str]:
    """The header with the api key, for gateways that ask for one."""
    key = api_key()
    return {"authorization": f"Bearer {key}"} if key else {}
