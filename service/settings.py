"""Every knob of the gateway: its unit and default. In the environment: ``NERVE_`` + its name."""

import ipaddress
import os
import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    FilePath,
    HttpUrl,
    SecretStr,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError

from service.ner.control_tokens import QWEN_ADDED_TOKENS

# Files and secrets end with a line break; no key does.
ApiKey = Annotated[
    SecretStr, BeforeValidator(lambda given: given.strip() if isinstance(given, str) else given)
]
Positive = Annotated[int, Field(gt=0)]
# Of which none is for ever.
Seconds = Annotated[float, Field(le=86_400, allow_inf_nan=False)]
# As a browser sends it: no path, no slash at its end.
_ORIGIN = re.compile(r"\*|https?://[^/\s]+")


def _origin(given: str) -> str:
    if not _ORIGIN.fullmatch(given):
        raise PydanticCustomError(
            "origin", "* or http(s)://HOST[:PORT], with no path and no slash at its end"
        )
    return given


Origin = Annotated[str, AfterValidator(_origin)]


class SettingsError(Exception):
    """A setting that cannot be used; the message names it, its value and what was expected."""


class Settings(BaseSettings):
    """Read from the environment at construction, then frozen; ``read`` has clear errors."""

    model_config = SettingsConfigDict(
        env_prefix="NERVE_", frozen=True, extra="forbid", env_ignore_empty=True
    )

    host: str = Field("127.0.0.1", description="address the gateway listens on")
    port: int = Field(8080, ge=1, le=65535, description="port the gateway listens on")
    workers: int = Field(
        1, ge=1, le=256, description="processes that share the port, the limits and the metrics"
    )
    allow_no_keys: bool = Field(
        False, description="listen on an address other than loopback although there are no api keys"
    )
    engine_url: str = Field("http://127.0.0.1:8000", description="where the engine answers")
    engine_api_key: ApiKey | None = Field(None, description="api key that the engine asks for")
    engine_ca: FilePath | None = Field(
        None, description="file of CA certificates for the engine's TLS"
    )
    base_model: str = Field(
        "Qwen2.5-Coder-1.5B-Instruct", description="the base model's name in the engine"
    )
    adapters: Path = Field(Path("adapters"), description="folder with one folder an adapter")
    store: Path = Field(
        Path(".nerve/adapters"),
        description="folder of checked copies of adapters, which the engine loads; shared with it; "
        "unset: adapters in NERVE_HOME",
    )
    allowed_hosts: tuple[str, ...] = Field(
        (),
        description="JSON list: names by which the gateway may be asked on loopback without keys, "
        "beside loopback's own; * for any",
    )
    api_keys_file: FilePath | None = Field(
        None, description="TOML file of the callers' api keys; unset: no key is needed"
    )
    admin_key: ApiKey | None = Field(
        None, description="api key with the scope admin, beside those of the file"
    )
    default_model: str | None = Field(
        None, description="model of requests that name none; unset: registry.toml's default"
    )
    added_tokens: tuple[str, ...] = Field(
        QWEN_ADDED_TOKENS,
        description="JSON list: added tokens of the base's tokenizer, to disarm in texts",
    )
    deadline_s: Seconds = Field(60.0, gt=0, description="seconds that the engine has for an answer")
    max_in_flight: Positive = Field(64, description="requests at a time; the next gets 429")
    max_body_bytes: Positive = Field(2_000_000, description="largest request body, in bytes")
    max_held_bytes: Positive = Field(
        64_000_000, description="most bytes of all bodies that are held at a time"
    )
    max_text_bytes: Positive = Field(1_000_000, description="longest text, in bytes of UTF-8")
    max_tokens: Positive = Field(1024, description="most tokens that a completion may have")
    request_concurrency: Positive = Field(
        8, description="completions that one request has in the engine at a time"
    )
    max_texts: Positive = Field(256, description="most texts of one request")
    max_entities: Positive = Field(
        200_000, description="most entities of one answer, with mentions that were dropped"
    )
    max_choices: Positive = Field(
        16, description="most completions of one OpenAI request: n times prompts"
    )
    max_grammar_bytes: Positive = Field(
        65_536, description="longest schema, grammar or tool list of an OpenAI request, in bytes"
    )
    max_grammar_depth: Positive = Field(
        300, description="how deep the rules, references and parts of a schema or grammar may lead"
    )
    max_grammar_parts: Positive = Field(
        20_000, description="most parts of a schema or grammar, its repetitions written out"
    )
    label_names: FilePath | None = Field(
        None, description="TOML file: what labels are called at the doors of other services"
    )
    cors_origins: tuple[Origin, ...] = Field(
        (), description="JSON list: origins of web pages that may ask, * for all"
    )
    max_model_len: Positive = Field(2048, description="the engine's window: prompt and completion")
    probe_interval_s: Seconds = Field(
        2.0, gt=0, description="seconds between two looks at the engine's state"
    )
    engine_queue_limit: int = Field(
        256, ge=0, description="requests waiting in the engine from which on the next gets 429"
    )
    breaker_failures: int = Field(
        5, ge=0, description="failures in a row to reach the engine that end the asking; 0: never"
    )
    max_connections: Positive = Field(4096, description="connections of callers at a time")
    receive_s: Seconds = Field(
        30.0, gt=0, description="seconds for a request's head to come in, and for its body"
    )
    drain_s: Seconds = Field(
        3.0, ge=0, description="seconds between not being ready and not listening, at SIGTERM"
    )
    shutdown_grace_s: Positive = Field(
        30, description="seconds that requests in flight have to finish at shutdown"
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="how the gateway's log is written: for people, or a JSON object a line"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least that is logged; info has one line a request"
    )
    mcp: bool = Field(
        False, description="tools for agents at /mcp; needs the packages of requirements/mcp.txt"
    )
    trace_texts: bool = Field(
        False, description="spans have prompts and completions, and with them the callers' texts"
    )

    @classmethod
    def read(cls, others: Collection[str] = ()) -> Self:
        """Read the environment; raises SettingsError, for a variable without a meaning too.

        ``others`` are the variables named ``NERVE_…`` that somebody else reads.
        """
        known = {f"NERVE_{name.upper()}" for name in cls.model_fields} | set(others)
        for name in sorted(os.environ):
            if name.startswith("NERVE_") and name not in known:
                close = get_close_matches(name, known, n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise SettingsError(f"{name} is not a setting{hint}")
        try:
            return cls()
        except UnreadableError as exc:
            name = str(exc).split('"')[1]
            raise SettingsError(
                f"NERVE_{name.upper()} = {os.environ.get(f'NERVE_{name.upper()}')!r}; expected JSON"
            ) from exc
        except ValidationError as exc:
            problems = "; ".join(_problem(dict(error)) for error in exc.errors())
            raise SettingsError(problems) from exc

    @model_validator(mode="after")
    def _without_keys_on_loopback_only(self) -> Self:
        if not (self.api_keys_file or self.allow_no_keys or is_loopback(self.host)):
            raise ValueError(
                f"NERVE_HOST = {self.host!r}; expected a loopback address, since there are no api "
                "keys (NERVE_API_KEYS_FILE; NERVE_ALLOW_NO_KEYS=true listens there all the same)"
            )
        return self

    @model_validator(mode="after")
    def _engine_url_is_one(self) -> Self:
        try:
            TypeAdapter(HttpUrl).validate_python(self.engine_url)
        except ValidationError:
            raise ValueError(
                f"NERVE_ENGINE_URL = {without_password(self.engine_url)!r}; "
                "expected an http or https address"
            ) from None  # its words have the whole address
        if urlsplit(self.engine_url).path.rstrip("/").endswith("/v1"):
            raise ValueError(
                f"NERVE_ENGINE_URL = {without_password(self.engine_url)!r}; "
                "expected the address without /v1"
            )
        return self

    @model_validator(mode="after")
    def _the_api_key_fits_a_header(self) -> Self:
        key = self.engine_api_key.get_secret_value() if self.engine_api_key else ""
        if not (key.isascii() and key.isprintable()):
            raise ValueError(
                "NERVE_ENGINE_API_KEY has other characters; expected printable ASCII only"
            )
        return self

    @model_validator(mode="after")
    def _every_body_can_be_held(self) -> Self:
        if self.max_held_bytes < self.max_body_bytes:
            raise ValueError(
                f"NERVE_MAX_HELD_BYTES = {self.max_held_bytes}; expected NERVE_MAX_BODY_BYTES = "
                f"{self.max_body_bytes} or more, or a body of that length is never answered"
            )
        return self

    @model_validator(mode="after")
    def _a_named_adapters_folder_exists(self) -> Self:
        if "adapters" in self.model_fields_set and not self.adapters.is_dir():
            raise ValueError(f"NERVE_ADAPTERS = {str(self.adapters)!r}; expected a folder")
        return self


def _problem(error: dict[str, object]) -> str:
    location, message = error["loc"], str(error["msg"])
    if not isinstance(location, tuple) or not location:
        return message.removeprefix("Value error, ")
    expected = message.removeprefix("Input should be ")
    if error["type"] == "path_not_file":
        expected = "a file"
    return f"NERVE_{str(location[0]).upper()} = {error['input']!r}; expected {expected}"


def without_password(url: str) -> str:
    """As it may be shown: what stands before an @ is nobody's to read."""
    return re.sub(r"(?<=//)[^/]*@|^[^/]*@", "…@", url)


def is_loopback(host: str) -> bool:
    """Is this an address of this machine alone?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
