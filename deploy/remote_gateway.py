"""A gateway that is asked by HTTP, for the tools of ``service.mcp``."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import httpx2
from pydantic import BaseModel

from deploy.client import TIMEOUT_S, certificates, not_a_gateway
from deploy.credentials import key_header
from service.errors import EngineUnavailable, NerveError
from service.models.adapter_cards import AdapterList
from service.settings import without_password
from service.wire.requests import ExtractRequest, RedactRequest
from service.wire.responses import ErrorResponse, ExtractResponse, RedactResponse

Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class RemoteGateway:
    """What ``service.mcp.backend.Backend`` has; ``url`` has no slash at its end.

    Each raises NerveError: the gateway's own, by message and type, or EngineUnavailable where none
    answers.
    """

    url: str

    async def extract(self, request: ExtractRequest) -> ExtractResponse:
        """``POST /extract``."""
        return await self._ask(ExtractResponse, "POST", "/extract", request)

    async def redact(self, request: RedactRequest) -> RedactResponse:
        """``POST /redact``."""
        return await self._ask(RedactResponse, "POST", "/redact", request)

    async def adapters(self) -> AdapterList:
        """``GET /adapters``."""
        return await self._ask(AdapterList, "GET", "/adapters")

    async def _ask(
        self, kind: type[Answer], method: str, path: str, request: BaseModel | None = None
    ) -> Answer:
        answer = await self._response(method, path, request)
        try:
            told = answer.json()
            if answer.status_code == HTTPStatus.OK:
                return kind.model_validate(told)
            error = ErrorResponse.model_validate(told).error
        except ValueError as exc:
            raise EngineUnavailable(not_a_gateway(self.url, answer)) from exc
        wait = answer.headers.get("retry-after", "")
        known = _known(NerveError).get(error.type, NerveError)
        raise known(
            error.message,
            param=error.param,
            code=error.code,
            retry_after=int(wait) if wait.isdecimal() else None,
        )

    async def _response(self, method: str, path: str, request: BaseModel | None) -> httpx2.Response:
        body = request.model_dump(exclude_defaults=True) if request else None
        try:
            async with httpx2.AsyncClient(
                timeout=TIMEOUT_S, trust_env=False, headers=key_header(), verify=certificates()
            ) as client:
                return await client.request(method, self.url + path, json=body)
        except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
            why = str(exc) or type(exc).__name__
            raise EngineUnavailable(
                f"no gateway answers at {without_password(self.url)} ({why}); expected one: start "
                "it with `nerve up`, or name its address in NERVE_URL"
            ) from exc


def _known(root: type[NerveError]) -> dict[str, type[NerveError]]:
    """The errors of the tree by their type on the wire; of several, the one nearest to the root."""
    found = {root.type: root}
    for child in root.__subclasses__():
        found = {**_known(child), **found}
    return found
