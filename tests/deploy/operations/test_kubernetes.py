"""deploy/kubernetes, as kubectl renders it: held to Kubernetes' schemas, and to what we promise."""

from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.engine.options import parsed
from deploy.up.install import ON_GPU
from deploy.up.up import ENGINE_START_S
from service.settings import Settings
from tests.support.tools import ROOT, output_of

FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("base", "overlays/cpu", "overlays/keda", "overlays/two-gpus")
# Kinds that Kubernetes itself does not know.
FOREIGN = {"ScaledObject"}
GATEWAY, ROUTER, ENGINE = "nerve-gateway", "nerve-router", "nerve-engine"

Objects = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module", params=OVERLAYS)
def objects(request: pytest.FixtureRequest) -> Objects:
    """By kind and name."""
    rendered = output_of("kubectl", "kustomize", FOLDER / request.param)
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(rendered)}


def containers(objects: Objects) -> Iterator[dict[str, Any]]:
    """Of every Deployment, those that come first too."""
    for (kind, _), one in objects.items():
        if kind == "Deployment":
            pod = one["spec"]["template"]["spec"]
            yield from (*pod.get("initContainers", []), *pod["containers"])


def pod(objects: Objects, name: str) -> dict[str, Any]:
    """What a Deployment's pods are."""
    found: dict[str, Any] = objects["Deployment", name]["spec"]["template"]["spec"]
    return found


def config_maps(objects: Objects) -> dict[str, dict[str, Any]]:
    """By their names, without the hash at the end."""
    return {name.rpartition("-")[0]: one
            for (kind, name), one in objects.items() if kind == "ConfigMap"}  # fmt: skip


def variables(container: dict[str, Any]) -> dict[str, str]:
    """Those with a value of their own."""
    return {one["name"]: one.get("value", "") for one in container.get("env", [])}


def test_every_object_is_as_its_schema_says(objects: Objects) -> None:
    """Of Kubernetes 1.37, unknown fields refused."""
    for (kind, _), one in objects.items():
        if kind not in FOREIGN:
            kubernetes_validate.validate(one, "1.37", strict=True)


def test_every_container_is_held_small(objects: Objects) -> None:
    """No new rights, few capabilities, limits; what is not the engine is nobody, and read-only."""
    for container in containers(objects):
        context, resources = container["securityContext"], container["resources"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"]["drop"] == ["ALL"]
        assert "memory" in resources["limits"] and {"cpu", "memory"} <= set(resources["requests"])
        if container["name"] != "engine":
            assert context["readOnlyRootFilesystem"] is True
    for name in (GATEWAY, ROUTER):
        assert pod(objects, name)["securityContext"]["runAsNonRoot"] is True


def test_the_gateway_drains_before_it_is_killed(objects: Objects) -> None:
    """As deploy/README.md says: probes on /live and /ready, and time for both settings."""
    one = pod(objects, GATEWAY)
    (container,) = one["containers"]
    given = variables(container)
    needed = float(given["NERVE_DRAIN_S"]) + float(given["NERVE_SHUTDOWN_GRACE_S"])
    assert one["terminationGracePeriodSeconds"] > needed
    assert one["enableServiceLinks"] is False
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"]
             for name in ("startup", "liveness", "readiness")}  # fmt: skip
    assert paths == {"startup": "/live", "liveness": "/live", "readiness": "/ready"}
    readiness = container["readinessProbe"]
    noticed = readiness["periodSeconds"] * readiness["failureThreshold"]
    assert float(given["NERVE_DRAIN_S"]) > noticed


def test_the_gateways_variables_are_settings(objects: Objects) -> None:
    """Another would refuse to start."""
    known = {f"NERVE_{name.upper()}" for name in Settings.model_fields}
    (container,) = pod(objects, GATEWAY)["containers"]
    data = [one["data"] for name, one in config_maps(objects).items() if name != ENGINE]
    assert len(data) == 2
    assert {*variables(container), *data[0], *data[1]} <= known


def test_one_default_base_model(objects: Objects) -> None:
    """That of `nerve up`; the overlay of two GPUs is for one that needs them."""
    gpus = pod(objects, ENGINE)["containers"][0]["resources"]["limits"].get("nvidia.com/gpu")
    usual = Settings.model_fields["base_model"].default
    named = config_maps(objects)["nerve-model"]["data"]["NERVE_BASE_MODEL"]
    assert named == ("Qwen2.5-7B-Instruct" if gpus == "2" else usual)


def test_the_engine_runs_where_it_is_meant_to(objects: Objects) -> None:
    """Device, GPUs, vLLM's flags and the gateway's limits agree; nodes for GPUs are tolerated."""
    one, maps = pod(objects, ENGINE), config_maps(objects)
    (container,) = one["containers"]
    given, gateway = maps[ENGINE]["data"], maps[GATEWAY]["data"]
    gpus = container["resources"]["limits"].get("nvidia.com/gpu")
    assert gpus == container["resources"]["requests"].get("nvidia.com/gpu")
    assert given["NERVE_DEVICE"] == ("cuda" if gpus else "cpu")
    assert given["ENGINE_FLAGS"] == ("--tensor-parallel-size 2" if gpus == "2" else "")
    assert ("tolerations" in one) == bool(gpus)
    for name, value in ON_GPU.items():
        usual = Settings.model_fields[name.removeprefix("NERVE_").lower()].default
        assert gateway[name] == (value if gpus else str(usual))
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == ENGINE_START_S


def test_what_an_engine_compiled_stays(objects: Objects) -> None:
    """In a volume, a folder for each node."""
    (container,) = pod(objects, ENGINE)["containers"]
    (cache,) = [one for one in container["volumeMounts"] if one["name"] == "cache"]
    assert cache["subPathExpr"] == "$(NODE_NAME)"
    for name in ("TRITON_CACHE_DIR", "CUDA_CACHE_PATH"):
        assert variables(container)[name].startswith(f"{cache['mountPath']}/")


def test_the_engine_is_started_by_the_launcher(objects: Objects) -> None:
    """With arguments that it takes, and time for its requests to finish."""
    one = pod(objects, ENGINE)
    (container,) = one["containers"]
    assert container["command"] == ["python3", "-m", "deploy.engine.launcher"]
    options, extra = parsed([word.replace("$(NERVE_MAX_MODEL_LEN)", "2048")
                                       for word in container["args"]])  # fmt: skip
    assert extra == []
    ends_within = container["lifecycle"]["preStop"]["sleep"]["seconds"] + options.shutdown_timeout
    assert one["terminationGracePeriodSeconds"] > ends_within
    store = [mount for mount in container["volumeMounts"] if mount["mountPath"] == "/srv/store"]
    assert store and not store[0].get("readOnly")


def test_volumes_are_claimed_and_selectors_find_their_pods(objects: Objects) -> None:
    """Nothing refers to what is not there."""
    claims = {name for kind, name in objects if kind == "PersistentVolumeClaim"}
    labels = {one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
              for (kind, _), one in objects.items() if kind == "Deployment"}  # fmt: skip
    for name in labels:
        for volume in pod(objects, name)["volumes"]:
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims
    for (kind, _), one in objects.items():
        if kind == "Service":
            assert one["spec"]["selector"]["app.kubernetes.io/name"] in labels
    (router,) = pod(objects, ROUTER)["containers"]
    assert f"app.kubernetes.io/name={ENGINE}" in router["args"]


def test_replicas_have_one_master(objects: Objects) -> None:
    """A Deployment that is scaled by something does not say how many it wants."""
    scaled = [one["spec"]["scaleTargetRef"]["name"] for (kind, _), one in objects.items()
              if kind in ("HorizontalPodAutoscaler", "ScaledObject")]  # fmt: skip
    assert GATEWAY in scaled
    for name in scaled:
        assert "replicas" not in objects["Deployment", name]["spec"]


def test_nobody_but_the_router_and_monitoring_reaches_the_engine(objects: Objects) -> None:
    """It loads adapters at run time and asks for no key."""
    (rule,) = objects["NetworkPolicy", ENGINE]["spec"]["ingress"]
    pods = [one["podSelector"]["matchLabels"] for one in rule["from"] if "podSelector" in one]
    assert pods == [{"app.kubernetes.io/name": ROUTER}]
    assert objects["NetworkPolicy", "nerve-closed"]["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_the_routers_dockerfile() -> None:
    """hadolint finds nothing."""
    output_of("hadolint", FOLDER / "router" / "Dockerfile")
