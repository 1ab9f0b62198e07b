"""What an agent sends to a tool, and what it is told of what is wrong with it."""

from collections.abc import Callable
from inspect import getdoc
from typing import Any, TypeVar

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from pydantic import BaseModel, ValidationError

from service.wire.request_errors import request_error
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
        self._check_names(arguments)
        try:
            return await super().run(arguments, *given, **options)
        except ToolError as exc:
            if isinstance(exc.__cause__, ValidationError):
                # It has every tool's arguments.
                raise ToolError(_expected(RedactRequest, exc.__cause__)) from exc
            raise

    def _check_names(self, arguments: dict[str, Any]) -> None:
        known = self.parameters["properties"]
        unknown = next((name for name in arguments if name not in known), None)
        if unknown is not None:
            raise ToolError(
                f"{shown(unknown)} is no argument of {self.name}{meant(unknown, known)}; "
                f"expected {', '.join(known)}"
            )


def _expected(kind: type[BaseModel], problem: ValidationError) -> str:
    problems = [{**one, "loc": ("arguments", *one["loc"])} for one in problem.errors()]
    error = request_error(problems, kind)
    return f"{error.type}: {error.message}"
