"""The floor: a proxy of the gateway's two HTTP libraries that does nothing else.

``python -m deploy.bench.gateways.floor ENGINE_URL PORT``
"""

import sys

import aiohttp
import uvicorn
from starlette.types import Receive, Scope, Send


class Floor:
    """Passes a body on and the answer back: no checks, no limits, no metrics, no deadlines."""

    def __init__(self, engine_url: str) -> None:
        self._engine_url = engine_url
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {"content-type": "application/json"}
        asking = self._session.request(
            scope["method"], self._engine_url + scope["path"], data=body, headers=headers
        )
        async with asking as answer:
            answered = await answer.read()
            kind = answer.headers["content-type"].encode()
        told = [(b"content-type", kind), (b"content-length", b"%d" % len(answered))]
        await send({"type": "http.response.start", "status": answer.status, "headers": told})
        await send({"type": "http.response.body", "body": answered})


def main() -> None:
    """Until a signal."""
    engine_url, port = sys.argv[1:]
    config = {"lifespan": "off", "access_log": False, "log_level": "warning", "ws": "none"}
    uvicorn.run(Floor(engine_url), port=int(port), **config)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
