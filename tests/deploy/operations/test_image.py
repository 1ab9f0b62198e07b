"""The gateway's image, as far as it can be checked without a container engine."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import packages_distributions
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


def ignored(path: str) -> bool:
    """Does .dockerignore keep a file of the checkout from the builder? The last match decides."""
    parts = path.split("/")
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    decided = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!")).replace(r"\*\*/", "(.*/)?")
            pattern = pattern.replace(r"\*", "[^/]*")
            if any(re.fullmatch(pattern, one) for one in above):
                decided = not line.startswith("!")
    return decided


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Dockerfile copies of what the builder gets, and nothing else."""
    folder = tmp_path_factory.mktemp("app")
    for sources, target in re.findall(r"^COPY (?!--from)(.+) (\S+)$", DOCKERFILE, re.MULTILINE):
        for pattern in sources.split():
            for source in ROOT.glob(pattern):
                is_folder = source.is_dir()
                for file in filter(Path.is_file, source.rglob("*") if is_folder else [source]):
                    if not ignored(str(file.relative_to(ROOT))):
                        within = file.relative_to(source if is_folder else source.parent)
                        place = folder / target / within
                        place.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy(file, place)
    return folder


def test_no_adapter_is_in_the_image(image: Path) -> None:
    """Adapters are mounted; code, prompts and pages take a few megabytes."""
    assert not [*image.rglob("*.safetensors"), *image.rglob("adapter.toml")]
    assert sum(one.stat().st_size for one in image.rglob("*")) < 10_000_000


# As the image has it: without -S an editable install would find in the checkout what is not there.
PYTHON = [sys.executable, "-S"]
OURS = ("adapters", "deploy", "service")


def variables(image: Path) -> dict[str, str]:
    """The environment of a process that has what is in the image, and the tools' packages."""
    path = os.pathsep.join([str(image), sysconfig.get_path("purelib")])
    return {"PATH": os.environ["PATH"], "PYTHONPATH": path}


def imported(file: Path) -> Iterator[str]:
    """The modules of ours that a file names in imports, inside of functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in found if name.partition(".")[0] in OURS)


def module_in(folder: Path, name: str) -> bool:
    """Has a folder this module? A name in one, a class for instance, is none."""
    place = folder.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def test_every_import_of_ours_is_in_the_image(image: Path) -> None:
    """Whatever is copied finds the modules that it names, when a command is run too."""
    files = [one for name in OURS for one in (image / name).rglob("*.py")]
    wanted = {name for file in files for name in imported(file) if module_in(ROOT, name)}
    assert {"adapters.data.readers", "service.app"} < wanted
    assert {name for name in wanted if not module_in(image, name)} == set()


# Imports what it is given, with the packages alone that it is given; prints what was not there.
IMPORT = """
import importlib, json, sys
allowed, modules = json.load(sys.stdin)
allowed = sys.stdlib_module_names | set(allowed)
class Others:
    def find_spec(self, name, path=None, target=None):
        if "." not in name and name not in allowed and not name.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Others())
lacking = {}
for name in modules:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as exc:
        lacking[name] = exc.name
files = [one.__file__ for name, one in sys.modules.items() if name.split(".")[0] in OURS]
print(json.dumps([lacking, files]))
""".replace("OURS", repr(OURS))


def packages_of(lock: str) -> list[str]:
    """The modules that the packages of a lock bring."""
    names = {_normal(pin.partition("==")[0].partition("[")[0]) for pin in pins(lock)}
    brought = packages_distributions().items()
    return [module for module, owners in brought if names & {_normal(one) for one in owners}]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_the_image_runs_imports_there(image: Path) -> None:
    """Gateway and commands have their packages, and their modules from that folder alone."""
    rooms = ("client", "commands", "credentials", "doctor", "factory", "gateway", "report", "up")
    below = [image / "service", *(image / "deploy" / room for room in rooms)]
    modules = [
        ".".join(file.relative_to(image).with_suffix("").parts).removesuffix(".__init__")
        for folder in below
        for file in sorted(folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")])
    ]
    done = subprocess.run(
        [*PYTHON, "-c", IMPORT],
        input=json.dumps([[*OURS, *packages_of("tracing")], modules]),
        cwd=image,
        env=variables(image),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    lacking, files = json.loads(done.stdout)
    assert {one.partition(".mcp.")[0]: package for one, package in lacking.items()} == {
        "service": "mcp"  # tools for agents, by requirements/mcp.txt
    }
    assert all(Path(file).is_relative_to(image) for file in files)


@pytest.fixture(scope="module")
def port(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a gateway that runs from that folder alone."""
    adapters, port = tmp_path_factory.mktemp("adapters"), free_port()
    env = {
        **variables(image),
        "NERVE_ADAPTERS": str(adapters),
        "NERVE_PORT": str(port),
        "NERVE_ENGINE_URL": f"http://127.0.0.1:{free_port()}",
    }
    command = [*PYTHON, "-m", "deploy.commands.cli", *json.loads(instruction("CMD"))]
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
    """0 while /live answers, whatever the engine does (there is none); else not 0. No proxy is
    asked."""
    options, command = instruction("HEALTHCHECK").split("CMD ", 1)
    assert "--start-period" in options
    _, *arguments = json.loads(command)
    for number, healthy in ((port, True), (free_port(), False)):
        done = subprocess.run(
            [sys.executable, *arguments],
            env={"NERVE_PORT": str(number), "http_proxy": f"http://127.0.0.1:{free_port()}"},
            capture_output=True,
            timeout=30,
        )
        assert (done.returncode == 0) is healthy
