"""Whatever goes wrong in a route, the answer is the one envelope."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.errors import InternalError, MethodNotAllowed, NerveError, NotFound
from service.wire import request_id
from service.wire.answers import answer


def handle_errors(app: FastAPI) -> None:
    """Of the application, and of FastAPI's own."""

    @app.exception_handler(NerveError)
    async def known(_: Request, exc: NerveError) -> JSONResponse:
        return answer(exc)

    @app.exception_handler(HTTPException)
    async def routing(request: Request, exc: HTTPException) -> JSONResponse:
        path, method = request.url.path, request.method
        if exc.status_code == MethodNotAllowed.status:
            return answer(MethodNotAllowed(f"{path} does not take {method}"), exc.headers)
        return answer(NotFound(f"there is no route {path}; see /docs"))

    @app.exception_handler(Exception)
    async def unknown(request: Request, exc: Exception) -> JSONResponse:
        # The server closes the connection after a fault; a client's pool has to know.
        fault = InternalError("a fault of the gateway; its log says more")
        # This answer is given outside of the middleware.
        headers = {"connection": "close", request_id.HEADER: request_id.of(request.scope)}
        return answer(fault, headers)
