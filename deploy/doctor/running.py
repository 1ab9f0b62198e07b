"""What the engine and the gateway say of themselves. Each may be down."""

from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus

import httpx2

from deploy.doctor.finding import Finding, note, well, wrong
from service.engine.client import Engine
from service.errors import EngineTimeout, EngineUnavailable, NerveError
from service.models.registry import Registry, Served
from service.observe.metrics import Metrics
from service.readiness import Readiness
from service.settings import Settings, SettingsError, without_password

# Seconds for the gateway to answer /ready, which asks nothing of the engine.
LOOK_S = 10.0
_REFUSED = ("engine_401", "engine_403")


async def engine(settings: Settings, registry: Registry | None) -> AsyncIterator[Finding]:
    """Reachable, our key taken; then every model by one short grounded request."""
    metrics = Metrics()
    try:
        client = Engine.connect(settings, metrics)
    except SettingsError as exc:
        yield wrong("engine", f"is not asked: {exc}")
        return
    try:
        await client.models()
        key = "its api key is right" if settings.engine_api_key else "no api key is set"
        yield well("engine", f"{without_password(settings.engine_url)} answers; {key}")
        if registry is None:
            yield note("engine", "its models are not looked at, since no default can be used")
        for served in registry.models.values() if registry else ():
            yield await _model(Readiness(settings, _alone(served), client, metrics), served)
    except NerveError as exc:
        yield wrong("engine", _unreachable(settings, exc))
    finally:
        await client.aclose()


def _alone(served: Served) -> Registry:
    return Registry({served.name: served}, served.name)


async def _model(readiness: Readiness, served: Served) -> Finding:
    """The gateway's own look: does it answer, is the window wide enough, is a grammar kept"""
    subject = f"engine, model {served.name}"
    await readiness.look()
    if readiness.problem is None:
        window = readiness.settings.max_model_len
        return well(
            subject,
            f"{served.engine_name} keeps to a grammar; the window holds NERVE_MAX_MODEL_LEN = "
            f"{window} tokens",
        )
    hint = "" if served.adapter is None else _ADAPTER_HINT.format(rank=served.adapter.rank)
    return wrong(subject, f"{readiness.problem}{hint}")


_ADAPTER_HINT = (
    "; the engine needs it in its store (NERVE_STORE, the same folder for engine and gateway) and "
    "--max-lora-rank {rank} or more: `nerve engine` sees to both"
)


def _unreachable(settings: Settings, exc: NerveError) -> str:
    address = without_password(settings.engine_url)
    if exc.code in _REFUSED:
        return (
            f"{address} refuses the api key; set NERVE_ENGINE_API_KEY to the one that "
            "the engine was started with (VLLM_API_KEY)"
        )
    hint = _HINTS.get(type(exc), "what answers there may be no engine")
    return f"{address}: {exc.message}; {hint}"


_HINTS: Mapping[type[NerveError], str] = {
    EngineUnavailable: "`nerve engine` or `nerve up` starts one there",
    EngineTimeout: "end it and start it again if it does not come back",
}


async def gateway(url: str) -> Finding:
    """Does a gateway answer there, and can it be used?"""
    subject, address = "gateway", without_password(url.rstrip("/"))
    try:
        async with httpx2.AsyncClient(timeout=LOOK_S, trust_env=False) as client:
            response = await client.get(f"{url.rstrip('/')}/ready")
        answer = response.json()
        if response.status_code == HTTPStatus.OK and answer["ready"]:
            return well(subject, f"{address} is ready")
        return wrong(subject, f"{address} is not ready: {answer['error']['message']}")
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        reason = str(exc) or type(exc).__name__
        return wrong(
            subject, f"none answers at {address} ({reason}); `nerve up` or `nerve serve` starts one"
        )
    except (ValueError, KeyError, TypeError):
        return wrong(
            subject,
            f"what answers at {address} is not a Nerve gateway; --url names another address",
        )
