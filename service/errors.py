"""The error tree. Each class knows its status and its type on the wire.

    NerveError
    ├── InvalidRequest       422  invalid_request_error   a field is wrong
    │   ├── BadRequest       400  invalid_request_error   a field is wrong, on a route of OpenAI's
    │   ├── MalformedBody    400  invalid_request_error   not JSON
    │   └── MethodNotAllowed 405  invalid_request_error   the route has other methods
    ├── AuthenticationFailed 401  authentication_error    no key, or a wrong one
    ├── PermissionDenied     403  permission_error        not allowed with this key, or with any
    ├── NotFound             404  not_found_error         no such route
    │   └── ModelNotFound    404  not_found_error         no such adapter or base model
    ├── RequestTooSlow       408  request_timeout         it took too long to come in
    ├── RequestTooLarge      413  request_too_large       over a limit, which is said
    ├── Overloaded           429  overloaded              no free place, or a key over its limits
    ├── InternalError        500  internal_error          a fault of the gateway
    └── EngineFailure
        ├── EngineError        502  engine_error          the engine answered nonsense
        ├── EngineUnavailable  503  engine_unavailable    the engine is down or starting
        └── EngineTimeout      504  engine_timeout        the deadline passed

Below the routes nothing else is raised on purpose; one handler (``app.py``) answers with it.
"""

from typing import ClassVar, Self


class NerveError(Exception):
    """``message`` is one sentence for the caller; ``param`` the field at fault;
    ``code`` a finer word than the type; ``retry_after`` whole seconds."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal_error"
    retry_after: int | None = None

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        if retry_after is not None:
            self.retry_after = retry_after


class InvalidRequest(NerveError):
    """A field is wrong; the message names it, its value and what was expected."""

    status = 422
    type = "invalid_request_error"


class BadRequest(InvalidRequest):
    """A field is wrong on a route of OpenAI's, whose clients know 400 for that, not 422."""

    status = 400

    @classmethod
    def of(cls, error: InvalidRequest) -> Self:
        """``error``, with this status."""
        return cls(error.message, param=error.param, code=error.code)


class MalformedBody(InvalidRequest):
    """The body is not JSON."""

    status = 400


class MethodNotAllowed(InvalidRequest):
    """The route exists, for other methods."""

    status = 405


class AuthenticationFailed(NerveError):
    """No key was given, or a wrong one."""

    status = 401
    type = "authentication_error"


class PermissionDenied(NerveError):
    """Not allowed with this key, or not here with any."""

    status = 403
    type = "permission_error"


class NotFound(NerveError):
    """There is no such route."""

    status = 404
    type = "not_found_error"


class ModelNotFound(NotFound):
    """There is no such model; the message lists those there are."""


class RequestTooSlow(NerveError):
    """The request's head or body did not come in within its time."""

    status = 408
    type = "request_timeout"


class RequestTooLarge(NerveError):
    """Over the limit of the body, the text or the model's window; the message says the limit."""

    status = 413
    type = "request_too_large"


class Overloaded(NerveError):
    """No free place, or a key is over its limits; said at once, nothing is queued."""

    status = 429
    type = "overloaded"
    retry_after = 1


class InternalError(NerveError):
    """A fault of the gateway itself; the log has the traceback."""


class EngineFailure(NerveError):
    """The engine gave no usable answer."""


class EngineError(EngineFailure):
    """The engine answered, but not what was asked for."""

    status = 502
    type = "engine_error"


class EngineUnavailable(EngineFailure):
    """The engine is down, starting, or went away in mid-request."""

    status = 503
    type = "engine_unavailable"
    retry_after = 5


class EngineTimeout(EngineFailure):
    """The deadline passed; closing the connection cancelled the engine's work."""

    status = 504
    type = "engine_timeout"
