"""What the OpenAPI document says that FastAPI does not see: every status that a route can answer
with, and the bodies that routes read by themselves."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.models import Schema
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.wire.requests import ExtractRequest, RedactRequest
from service.wire.responses import ErrorResponse

# Whatever the route: too slow, too large, a fault of the gateway.
_EVERYWHERE = (408, 413, 500)
_WITH_A_KEY = (401, 403, 429)
_PLACE = "#/components/schemas/{model}"
# Not as "model": FastAPI would give errors the media type of the route's own answer. The schema is
# among the document's components, since it is a part of other answers.
_ENVELOPE = {"$ref": _PLACE.format(model=ErrorResponse.__name__)}


class Documented(FastAPI):
    """An application whose document has the schemas of ``body_of``, too."""

    def openapi(self) -> dict[str, Any]:
        """Made once."""
        if self.openapi_schema is None:
            components = super().openapi()["components"]
            components["schemas"] = dict(sorted({**components["schemas"], **_bodies()}.items()))
        return super().openapi()


def body_of(kind: type[BaseModel]) -> dict[str, Any]:
    """The body of a route that reads it by itself."""
    schema = {"$ref": _PLACE.format(model=kind.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _bodies() -> dict[str, Any]:
    _, made = models_json_schema(
        [(ExtractRequest, "validation"), (RedactRequest, "validation")], ref_template=_PLACE
    )
    # As FastAPI writes all others.
    return {
        name: Schema(**schema).model_dump(mode="json", by_alias=True, exclude_none=True)
        for name, schema in made["$defs"].items()
    }


def errors(*statuses: int, open_to_all: bool = False) -> dict[int | str, dict[str, Any]]:
    """``statuses``, and those that every route has, as the one envelope."""
    keys = () if open_to_all else _WITH_A_KEY
    return {
        one: {"content": {"application/json": {"schema": _ENVELOPE}}}
        for one in sorted({*statuses, *keys, *_EVERYWHERE})
    }
