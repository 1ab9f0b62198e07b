"""`nerve serve` with two routes that fail as a mistake of ours would: what is logged of them?"""

import asyncio
from typing import NoReturn

from fastapi import FastAPI, Request

from deploy.commands.running import settings
from deploy.gateway import logs
from deploy.gateway.server import server


async def fail(words: str) -> NoReturn:
    """Raise an exception that quotes ``words``, because of another that does."""
    try:
        raise KeyError(words)
    except KeyError as exc:
        raise ValueError(f"not one of ours: {words}") from exc


def main() -> None:
    """Until a signal."""
    given = settings()
    logs.configure(given)
    gateway = server(given)
    app = gateway.config.app
    assert isinstance(app, FastAPI)

    @app.post("/fault")
    async def fault(request: Request) -> None:
        await fail((await request.body()).decode())

    @app.post("/forgotten")
    async def forgotten(request: Request) -> dict[str, bool]:
        task = asyncio.create_task(fail((await request.body()).decode()))
        await asyncio.wait([task])
        return {"done": True}

    gateway.run()


if __name__ == "__main__":
    main()
