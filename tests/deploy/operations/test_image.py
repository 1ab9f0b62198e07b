"""The gateway's image, as far as it can be checked without a container engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.serving import free_port
from tests.support.tools import ROOT, output_of
from tests.support.waiting import until

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
GATEWAY = DOCKERFILE[DOCKERFILE.index("AS gateway") :]


def instruction(name: str) -> str:
    """The arguments of an instruction of the gateway's stage; lines that go on are joined."""
    joined = GATEWAY.replace("\\\n", " ")
    (found,) = re.findall(rf"^{name} (.+)$", joined, re.MULTILINE)
    return str(found).strip()


def test_hadolint_finds_nothing() -> None:
    """The Dockerfile keeps to the rules of the trade."""
    output_of("hadolint", "Dockerfile")


def test_base_images_are_pinned() -> None:
    """To a version of three numbers; what is built today is built tomorrow."""
    images = re.findall(r"^ARG \w+_IMAGE=(.+)$", DOCKERFILE, re.MULTILINE)
    assert images
    assert all(re.search(r":v?\d+\.\d+\.\d+(-[\w-]+)?$", image) for image in images)
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.fullmatch(r"\$\{\w+_IMAGE\}", stage) for stage in stages)


def test_the_image_runs_as_nobody_in_particular() -> None:
    """By number, so that an orchestrator can see that it is not root."""
    assert instruction("USER") == "10001:10001"
    assert json.loads(instruction("ENTRYPOINT")) == ["nerve"]
    assert json.loads(instruction("CMD")) == ["serve"]


def test_packages_are_installed_by_hash() -> None:
    """The lock of the gateway with what sends traces, and no torch in it."""
    assert "--require-hashes --only-binary :all: -r requirements/tracing.txt" in DOCKERFILE
    lock = (ROOT / "requirements" / "tracing.txt").read_text()
    assert not re.search(r"^(torch|vllm|transformers)\b", lock, re.MULTILINE)


def test_the_image_has_what_the_tests_ran_on() -> None:
    """The versions of the gateway's lock and of the tools' lock, none another."""
    gateway, tracing, tools = (pins(name) for name in ("gateway", "tracing", "dev"))
    assert gateway < tracing < tools


def pins(name: str) -> set[str]:
    """The versions of one lock."""
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    return set(re.findall(r"^(\S+==\S+)", lock, re.MULTILINE))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Dockerfile copies, and nothing else."""
    folder = tmp_path_factory.mktemp("app")
    for sources, target in re.findall(r"^COPY (?!--from)(.+) (\S+)$", DOCKERFILE, re.MULTILINE):
        for pattern in sources.split():
            for source in ROOT.glob(pattern):
                place = folder / target
                if source.is_dir():
                    shutil.copytree(source, place, dirs_exist_ok=True)
                else:
                    place.mkdir(parents=True, exist_ok=True)
                    shutil.copy(source, place)
    return folder


@pytest.fixture(scope="module")
def port(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a gateway that runs from that folder alone."""
    adapters, port = tmp_path_factory.mktemp("adapters"), free_port()
    env = {
        "PATH": os.environ["PATH"],
        "NERVE_ADAPTERS": str(adapters),
        "NERVE_PORT": str(port),
        "NERVE_ENGINE_URL": f"http://127.0.0.1:{free_port()}",
    }
    command = [sys.executable, "-m", "deploy.commands.cli", *json.loads(instruction("CMD"))]
    process = subprocess.Popen(command, cwd=image, env=env, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers(port), within_s=60)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    """Does something answer on /live?"""
    try:
        live = httpx2.get(f"http://127.0.0.1:{port}/live", timeout=5, trust_env=False)
    except httpx2.TransportError:
        return False
    return live.status_code == 200


@pytest.mark.parametrize("path", ["/live", "/docs", "/openapi.json", "/metrics"])
def test_what_is_copied_is_enough(port: int, path: str) -> None:
    """No file is missing that the gateway reads."""
    answer = httpx2.get(f"http://127.0.0.1:{port}{path}", timeout=5, trust_env=False)
    assert answer.status_code == 200


def test_the_health_check_tells_the_two_apart(port: int) -> None:
    """0 while /live answers, whatever the engine does (there is none); else not 0."""
    options, command = instruction("HEALTHCHECK").split("CMD ", 1)
    assert "--start-period" in options
    _, *arguments = json.loads(command)
    for number, healthy in ((port, True), (free_port(), False)):
        done = subprocess.run(
            [sys.executable, *arguments],
            env={"NERVE_PORT": str(number)},
            capture_output=True,
            timeout=30,
        )
        assert (done.returncode == 0) is healthy
