"""Before the process ends: it is not ready any more, and lets go of every connection it answers.

Whoever balances sees ``/ready`` turn to 503 and sends its requests elsewhere; those that still come
are answered, each with ``connection: close``, so that no request meets a closing connection.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Draining:
    """``begun`` is set by whoever runs the application, and never goes back; ``others_stay``
    where other workers of the same gateway go on, which therefore is as ready as before."""

    def __init__(self) -> None:
        self.begun = False
        self.others_stay = False


class CloseWhenDraining:
    """Pure ASGI middleware: an answer that begins while draining ends its connection."""

    def __init__(self, app: ASGIApp, draining: Draining) -> None:
        self.app = app
        self.draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def last(message: Message) -> None:
            if message["type"] == "http.response.start" and self.draining.begun:
                headers = [pair for pair in message["headers"] if pair[0] != b"connection"]
                message = {**message, "headers": [*headers, (b"connection", b"close")]}
            await send(message)

        await self.app(scope, receive, last)
