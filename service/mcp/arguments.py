"""What an agent sends to a tool, and what it is told of what is wrong with it."""

from collections.abc import Callable
from inspect import getdoc
from typing import Any, TypeVar

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from pydantic import BaseModel, ValidationError

from service.wire.request_errors import request_error, telling
from service.wire.requests import RedactRequest
from service.wire.wording import meant, shown

Request = TypeVar("Request", bound=BaseModel)


def strict(function: Callable[..., Any]) -> Tool:
    """The function as a tool that refuses arguments which it does not have: one mistyped would
    change nothing, in silence."""
    tool = _Strict.from_function(function, description=getdoc(function))
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema()
    return tool


def request(kind: type[Request], fields: dict[str, Any]) -> Request:
    """Raises ToolError, which says what was expected."""
    try:
        return kind.model_validate(fields)
    except ValidationError as exc:
        raise ToolError(_expected(kind, exc)) from exc


class _Strict(Tool):
    """Tells wrong arguments as every door tells wrong fields; the SDK has pydantic's own words."""

    async def run(self, arguments: dict[str, Any], *given: Any, **options: Any) -> Any:
        """Raises ToolError."""
        try:
            return await super().run(arguments, *given, **options)
        except ToolError as exc:
            if isinstance(exc.__cause__, ValidationError):
                raise ToolError(self._wrong(exc.__cause__)) from exc
            raise

    def _wrong(self, problem: ValidationError) -> str:
        first, known = telling(_in_arguments(problem)), self.parameters["properties"]
        if first["type"] != "extra_forbidden":
            return _expected(RedactRequest, problem)  # it has every tool's arguments
        name = str(first["loc"][1])
        return (
            f"{shown(name)} is no argument of {self.name}{meant(name, known)}; "
            f"expected {', '.join(known)}"
        )


def _expected(kind: type[BaseModel], problem: ValidationError) -> str:
    error = request_error(_in_arguments(problem), kind)
    return f"{error.type}: {error.message}"


def _in_arguments(problem: ValidationError) -> list[dict[str, Any]]:
    return [{**one, "loc": ("arguments", *one["loc"])} for one in problem.errors()]
