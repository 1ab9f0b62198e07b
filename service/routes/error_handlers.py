"""Whatever goes wrong in a route, the answer is the one envelope."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.errors import InternalError, MalformedBody, MethodNotAllowed, NerveError, NotFound
from service.routes import redact
from service.wire import request_id
from service.wire.answers import answer
from service.wire.request_errors import request_error
from service.wire.requests import ExtractRequest, RedactRequest
from service.wire.wording import why_not_json


def handle_errors(app: FastAPI) -> None:
    """Of the application, and of FastAPI's own."""

    @app.exception_handler(NerveError)
    async def known(_: Request, exc: NerveError) -> JSONResponse:
        return answer(exc)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, exc: RequestValidationError) -> JSONResponse:
        body = RedactRequest if request.url.path == redact.PATH else ExtractRequest
        return answer(request_error(exc.errors(), body))

    @app.exception_handler(HTTPException)
    async def routing(request: Request, exc: HTTPException) -> JSONResponse:
        path, method = request.url.path, request.method
        if exc.status_code == MalformedBody.status:  # what FastAPI says of a body it cannot decode
            reason = f": {why_not_json(exc.__cause__)}" if exc.__cause__ else ""
            return answer(MalformedBody(f"the body is not JSON{reason}"))
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
