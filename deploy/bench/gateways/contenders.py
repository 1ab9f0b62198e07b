"""What is compared: each a server in front of the same scripted engine, on the same core."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.bench.gateways.adapters import NAME, write_adapter, write_default
from deploy.bench.gateways.engine import BASE, SENTENCE, scripted_engine
from deploy.bench.processes import Cores, Running, free_port, running

CHAT, EXTRACT = "/v1/chat/completions", "/extract"
ALL = ("direct", "floor", "nerve", "nerve /extract", "litellm", "vllm-router")
OF_ENVIRONMENT = frozenset({"litellm", "vllm-router"})

_MESSAGES = [
    {"role": "system", "content": "找出文中的实体，每行写“类别：实体”，没有则写“无”。"},
    {"role": "user", "content": SENTENCE},
]


@dataclass(frozen=True, slots=True)
class Contender:
    """Where it is asked, with which body for whole answers and which for streams.

    ``bodies`` has a file each of "whole" and "stream", as far as the contender can do it.
    """

    name: str
    url: str
    bodies: Mapping[str, Path]
    process: Running


@contextmanager
def contenders(
    names: Sequence[str], work: Path, cores: Cores, python: Path | None
) -> Iterator[list[Contender]]:
    """Those of ``names``, all up; ``python`` is that of the contenders' environment."""
    work.mkdir(parents=True, exist_ok=True)
    chat, extract = _bodies(work)
    engine_name = write_adapter(work / "adapters", NAME)
    write_default(work / "adapters", NAME)
    with ExitStack() as stack:
        enter = stack.enter_context
        engine_url, engine = enter(scripted_engine(work / "engine", cores.engine, [engine_name]))
        found = [Contender("direct", engine_url + CHAT, chat, engine)]
        if "floor" in names:
            url, process = enter(_floor(engine_url, work, cores.contender))
            found.append(Contender("floor", url + CHAT, {"whole": chat["whole"]}, process))
        if any(name.startswith("nerve") for name in names):
            url, process = enter(gateway(engine_url, work, cores.contender))
            found.append(Contender("nerve", url + CHAT, chat, process))
            found.append(Contender("nerve /extract", url + EXTRACT, extract, process))
        if "litellm" in names and python:
            url, process = enter(_litellm(engine_url, work, cores.contender, python))
            found.append(Contender("litellm", url + CHAT, chat, process))
        if "vllm-router" in names and python:
            url, process = enter(_router(engine_url, work, cores.contender, python))
            found.append(Contender("vllm-router", url + CHAT, chat, process))
        yield [one for one in found if one.name in names]


@contextmanager
def _floor(engine_url: str, work: Path, core: int) -> Iterator[tuple[str, Running]]:
    port = free_port()
    command = [sys.executable, "-m", "deploy.bench.gateways.floor", engine_url, str(port)]
    url = f"http://127.0.0.1:{port}"
    with running(command, core, f"{url}/v1/models", work / "floor.log") as process:
        yield url, process


@contextmanager
def gateway(
    engine_url: str, work: Path, core: int | None, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Running]]:
    """``nerve serve`` with the adapters of ``work``; yields its address when it is ready."""
    port = free_port()
    settings = {
        "NERVE_ENGINE_URL": engine_url,
        "NERVE_PORT": str(port),
        "NERVE_BASE_MODEL": BASE,
        "NERVE_ADAPTERS": str(work / "adapters"),
        "NERVE_STORE": str(work / "store"),
        "NERVE_MAX_IN_FLIGHT": "1024",
        "NERVE_LOG_LEVEL": "warning",  # as the others: no line a request
    }
    command = [sys.executable, "-m", "deploy.commands.cli", "serve"]
    url, env = f"http://127.0.0.1:{port}", {**settings, **(env or {})}
    with running(command, core, f"{url}/ready", work / "nerve.log", env) as process:
        yield url, process


@contextmanager
def _litellm(engine_url: str, work: Path, core: int, python: Path) -> Iterator[tuple[str, Running]]:
    """One worker, as its documents advise for production: no database, no debug output."""
    port, config = free_port(), work / "litellm.json"  # YAML reads JSON
    model = {"model": f"openai/{BASE}", "api_base": f"{engine_url}/v1", "api_key": "none"}
    settings = {
        "model_list": [{"model_name": BASE, "litellm_params": model}],
        "litellm_settings": {"telemetry": False, "set_verbose": False, "num_retries": 0},
        "general_settings": {"disable_spend_logs": True},
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    command: list[str | Path] = [python.with_name("litellm"), "--config", config]
    command += ["--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    # Its list of prices comes with it; it would fetch a newer one.
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "NO_DOCS": "True"}
    # Without keys as the others, on loopback: it need not look one up.
    env["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"] = "True"
    url = f"http://127.0.0.1:{port}"
    with running(command, core, f"{url}/health/liveliness", work / "litellm.log", env) as process:
        yield url, process


@contextmanager
def _router(engine_url: str, work: Path, core: int, python: Path) -> Iterator[tuple[str, Running]]:
    port, other = free_port(), free_port()
    command: list[str | Path] = [python.with_name("vllm-router"), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--worker-urls", engine_url, "--policy", "round_robin"]
    command += ["--prometheus-port", str(other), "--log-level", "warning"]
    url = f"http://127.0.0.1:{port}"
    with running(command, core, f"{url}/health", work / "vllm-router.log") as process:
        yield url, process


def _bodies(work: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    chat = {"model": BASE, "messages": _MESSAGES, "temperature": 0, "max_tokens": 128}
    whole = _written(work / "chat.json", chat)
    stream = _written(work / "stream.json", {**chat, "stream": True})
    extract = _written(work / "extract.json", {"text": SENTENCE})
    return {"whole": whole, "stream": stream}, {"whole": extract}


def _written(path: Path, body: object) -> Path:
    path.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    return path
