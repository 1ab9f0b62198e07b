"""docker-compose.yml, as Docker Compose reads it: held to its schema, variables filled in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from deploy.up.install import ON_GPU
from deploy.up.up import ENGINE_START_S
from service.models import names
from service.models.manifest import load
from service.settings import Settings
from tests.support.serving import free_port, serving
from tests.support.tools import ROOT, output_of

PROFILES = ("gpu", "cpu", "observe")
ON_A_GPU = ("-f", "docker-compose.yml", "-f", "deploy/gpu.yml")
TYPED = ("deploy/two-gpus.yml", "deploy/README.md", "docs/howto/gpu.md")
KEY = "a-secret-of-the-engine"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """Every service of every profile; Compose refuses what its schema does not know."""
    profiles = [word for name in PROFILES for word in ("--profile", name)]
    whole = output_of(
        "docker-compose", *profiles, "config", "--format", "json", NERVE_BASE_MODEL="Qwen"
    )
    read: dict[str, Any] = json.loads(whole)["services"]
    return read


def test_the_profiles_choose_the_engine(services: dict[str, Any]) -> None:
    """The gateway always; an engine for the GPU or for the CPU, under one name; watchers on
    request."""
    assert {name: service.get("profiles", []) for name, service in services.items()} == {
        "store": [],
        "gateway": [],
        "engine": ["gpu"],
        "engine-cpu": ["cpu"],
        "prometheus": ["observe"],
        "grafana": ["observe"],
    }
    for name in ("engine", "engine-cpu"):
        assert services[name]["networks"]["inside"]["aliases"] == ["engine"]


def test_the_default_base_model_is_the_default_adapters() -> None:
    """As `nerve up` and Kubernetes have it; another can be named."""
    whole = output_of("docker-compose", "--profile", "gpu", "config", "--format", "json",
                      NERVE_BASE_MODEL="")  # fmt: skip
    read = json.loads(whole)["services"]
    usual = Settings.model_fields["base_model"].default
    assert read["gateway"]["environment"]["NERVE_BASE_MODEL"] == usual
    assert read["engine"]["command"][:2] == [f"--model=/models/{usual}", f"--served-name={usual}"]
    default = load(ROOT / "adapters" / str(names.read(ROOT / "adapters").default))
    assert default.base == usual


def test_the_engine_takes_vllms_flags_and_more_gpus() -> None:
    """From the shell or .env; what it compiles stays in a volume."""
    given = {"ENGINE_FLAGS": "--tensor-parallel-size 2", "ENGINE_GPUS": "2",
             "NERVE_ENGINE_WEIGHTS": "fp8", "NERVE_MAX_LORA_RANK": "auto"}  # fmt: skip
    whole = output_of("docker-compose", "--profile", "gpu", "config", "--format", "json", **given)
    engine = json.loads(whole)["services"]["engine"]
    (device,) = engine["deploy"]["resources"]["reservations"]["devices"]
    assert device["count"] == 2
    environment = engine["environment"]
    assert environment["NERVE_DEVICE"] == "cuda"
    for name in given.keys() - {"ENGINE_GPUS"}:
        assert environment[name] == given[name]
    cache = [one["target"] for one in engine["volumes"] if one["source"] == "engine-cache"]
    for name in ("TRITON_CACHE_DIR", "CUDA_CACHE_PATH"):
        assert environment[name].startswith(f"{cache[0]}/")


def test_a_gpus_gateway_lets_in_what_a_gpu_takes(services: dict[str, Any]) -> None:
    """deploy/gpu.yml has what `nerve up` sets there; without it, a CPU's."""
    whole = output_of("docker-compose", *ON_A_GPU, "config", "--format", "json")
    on_gpu = json.loads(whole)["services"]["gateway"]["environment"]
    on_cpu = services["gateway"]["environment"]
    for name, value in ON_GPU.items():
        usual = Settings.model_fields[name.removeprefix("NERVE_").lower()].default
        assert (on_gpu[name], on_cpu[name]) == (value, str(usual))


def test_on_a_gpu_variables_come_from_the_same_places(tmp_path: Path) -> None:
    """.env is read there, too, and what it says of the gateway's limits counts."""
    (tmp_path / "deploy").mkdir()
    for name in ON_A_GPU[1::2]:
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".env").write_text("NERVE_BASE_MODEL=Qwen\nNERVE_MAX_IN_FLIGHT=700\n")
    whole = output_of("docker-compose", "--project-directory", tmp_path, *ON_A_GPU, "config",
                      "--format", "json")  # fmt: skip
    given = json.loads(whole)["services"]["gateway"]["environment"]
    assert (given["NERVE_BASE_MODEL"], given["NERVE_MAX_IN_FLIGHT"]) == ("Qwen", "700")
    assert given["NERVE_REQUEST_CONCURRENCY"] == ON_GPU["NERVE_REQUEST_CONCURRENCY"]


def test_what_is_typed_for_a_gpu_leaves_env_files_alone() -> None:
    """One that a command names is read in place of .env."""
    texts = {name: (ROOT / name).read_text("utf-8") for name in (*ON_A_GPU[1::2], *TYPED)}
    for name, text in texts.items():
        for line in text.splitlines():
            if "docker compose" in line and "--profile gpu" in line:
                assert "--env-file" not in line and "-f deploy/gpu.yml" in line, name


def test_two_gpus_have_an_engine_each_behind_a_router() -> None:
    """Each engine sees its own GPU, the gateway the router, and nobody else a port."""
    files = (*ON_A_GPU, "-f", "deploy/two-gpus.yml")
    whole = output_of("docker-compose", *files, "--profile", "gpu", "config", "--format", "json")
    read = json.loads(whole)["services"]
    seen = {}
    for name in ("engine", "engine-1"):
        (device,) = read[name]["deploy"]["resources"]["reservations"]["devices"]
        seen[name] = device["device_ids"]
        assert read[name]["entrypoint"] == ["python3", "-m", "deploy.engine.launcher"]
        assert not read[name].get("secrets") and not read[name].get("ports")
        assert read[name]["networks"]["inside"] in (None, {})  # the name is its own alone
        assert read[name]["depends_on"]["store"]
    assert seen == {"engine": ["0"], "engine-1": ["1"]}
    caches = [one["source"] for name in seen for one in read[name]["volumes"]
              if one["target"] == "/root/.cache"]  # fmt: skip
    assert len(set(caches)) == 2
    router = read["router"]
    assert [word for word in router["command"] if word.startswith("http://")] == [
        f"http://{name}:8000" for name in seen
    ]
    assert router["cap_drop"] == ["ALL"] and router["read_only"] and not router.get("ports")
    assert read["gateway"]["environment"]["NERVE_ENGINE_URL"] == "http://router:8000"


def test_prometheus_knows_the_engine_of_each_gpu() -> None:
    """By the names of two-gpus.yml; none but engines."""
    files = (*ON_A_GPU, "-f", "deploy/two-gpus.yml")
    whole = output_of("docker-compose", *files, "--profile", "gpu", "config", "--format", "json")
    engines = {name for name in json.loads(whole)["services"] if name.startswith("engine")}
    read = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    (job,) = (one for one in read["scrape_configs"] if one["job_name"] == "vllm")
    assert set(job["dns_sd_configs"][0]["names"]) == engines


def test_no_health_check_asks_a_proxy() -> None:
    """A container may have http_proxy for its downloads; it knows no way to 127.0.0.1."""
    files = (*ON_A_GPU, "-f", "deploy/two-gpus.yml")
    profiles = [word for name in PROFILES for word in ("--profile", name)]
    whole = output_of("docker-compose", *files, *profiles, "config", "--format", "json")
    found = {
        name: one.get("healthcheck", {}) for name, one in json.loads(whole)["services"].items()
    }
    checks = {name: one["test"][-1] for name, one in found.items() if "urllib" in str(one)}
    assert checks.keys() == {"engine", "engine-1", "engine-cpu", "router"}
    with serving(Starlette(routes=[Route("/health", lambda _: Response())])) as url:
        for name, code in checks.items():
            done = subprocess.run(
                [sys.executable, "-c", code.replace("http://127.0.0.1:8000", url)],
                env={"http_proxy": f"http://127.0.0.1:{free_port()}"},
            )
            assert done.returncode == 0, name


def test_every_service_is_held_small(services: dict[str, Any]) -> None:
    """No new rights, no capabilities, limits, bounded logs, back after a crash, time to stop."""
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["cap_drop"] == ["ALL"]
        assert set(service.get("cap_add", [])) <= {"CHOWN", "DAC_OVERRIDE", "SYS_NICE"}
        assert not service.get("privileged")
        assert {"memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
        assert service["restart"] == ("no" if name == "store" else "unless-stopped")
        assert service["logging"]["options"]["max-size"]
        assert ":" in service["image"] and not service["image"].endswith(":latest")


def test_only_loopback_is_published(services: dict[str, Any]) -> None:
    """The engine and Prometheus have no port outside; the others are behind what you put there."""
    ports = {
        (name, port["host_ip"], port["target"])
        for name, service in services.items()
        for port in service.get("ports", [])
    }
    assert ports == {("gateway", "127.0.0.1", 8080), ("grafana", "127.0.0.1", 3000)}
    for name in ("engine", "engine-cpu", "prometheus"):
        assert set(services[name]["networks"]) == {"inside"}


def test_root_file_systems_are_read_only(services: dict[str, Any]) -> None:
    """But the engine's: vLLM and PyTorch write where they like."""
    writable = {name for name, service in services.items() if not service.get("read_only")}
    assert writable == {"engine", "engine-cpu"}


def test_no_secret_is_in_the_file(services: dict[str, Any]) -> None:
    """They come as files; no variable of a container carries one."""
    of_engine, of_gateway = (
        {secret["source"] for secret in services[name]["secrets"]} for name in ("engine", "gateway")
    )
    assert (of_engine, of_gateway) == ({"engine_api_key"}, {"engine_api_key", "api_keys"})
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            word = name.removesuffix("__FILE")
            assert not word.endswith(("KEY", "PASSWORD", "TOKEN")) or value.startswith("/run/")


def test_the_gateway_asks_for_api_keys(services: dict[str, Any]) -> None:
    """Those of a file, which is mounted where the setting says."""
    given = services["gateway"]["environment"]
    assert given["NERVE_API_KEYS_FILE"] == "/run/secrets/api_keys"
    assert "NERVE_ALLOW_NO_KEYS" not in given


def test_the_gateway_has_time_to_stop(services: dict[str, Any]) -> None:
    """Draining, then the requests in flight; what is not set has its default."""
    drain, grace = (Settings.model_fields[name].default for name in ("drain_s", "shutdown_grace_s"))
    seconds = services["gateway"]["stop_grace_period"].removesuffix("s")
    assert int(seconds) >= drain + grace + 10
    assert not {"NERVE_DRAIN_S", "NERVE_SHUTDOWN_GRACE_S"} & set(services["gateway"]["environment"])


def test_an_engine_has_time_to_start(services: dict[str, Any]) -> None:
    """Reading weights takes minutes, and a container that is unhealthy is restarted by many."""
    for name in ("engine", "engine-cpu"):
        assert services[name]["healthcheck"]["start_period"] == f"{ENGINE_START_S / 60:.0f}m0s"
        assert int(services[name]["shm_size"]) >= 4 * 2**30
    (device,) = services["engine"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"


def test_gateway_and_engine_share_adapters_and_store(services: dict[str, Any]) -> None:
    """One folder, which neither can write; one store, which both do."""
    for name in ("gateway", "engine", "engine-cpu"):
        mounts = {volume["target"]: volume for volume in services[name]["volumes"]}
        adapters, store = mounts["/srv/adapters"], mounts["/srv/store"]
        assert (adapters["source"], adapters["read_only"]) == (str(ROOT / "adapters"), True)
        assert (store["source"], store.get("read_only", False)) == ("store", False)
        waits_for = services[name]["depends_on"]
        assert waits_for["store"]["condition"] == "service_completed_successfully"


def test_the_launcher_knows_its_flags(services: dict[str, Any]) -> None:
    """It goes as far as looking for the model, which is not here."""
    command = [sys.executable, "-m", "deploy.engine.launcher", *services["engine"]["command"]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 2
    assert "There is no model in /models/Qwen" in done.stderr


@pytest.mark.parametrize(
    ("service", "program", "variable", "arguments"),
    [
        ("gateway", "nerve", "NERVE_ENGINE_API_KEY", ["serve"]),
        ("engine", "python3", "VLLM_API_KEY", ["-m", "deploy.engine.launcher"]),
    ],
)
def test_an_entry_point_reads_the_secret(
    services: dict[str, Any],
    tmp_path: Path,
    service: str,
    program: str,
    variable: str,
    arguments: list[str],
) -> None:
    """And becomes the program, with the arguments as they were; without the secret it fails."""
    stand_in = tmp_path / program
    stand_in.write_text(f'#!/bin/sh\necho "${variable}"\nprintf "%s\\n" "$@"\n')
    stand_in.chmod(0o755)
    secret = tmp_path / "secret"
    entry = [part.replace("$$", "$") for part in services[service]["entrypoint"]]
    entry = [part.replace("/run/secrets/engine_api_key", str(secret)) for part in entry]
    command = [*entry, *services[service]["command"]]
    env = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode != 0
    secret.write_text(KEY + "\n")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert done.stdout.splitlines()[: len(arguments) + 1] == [KEY, *arguments]
