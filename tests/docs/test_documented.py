"""What is not documented does not exist: settings, errors, metrics, commands, stages."""

import re
import subprocess
from pathlib import Path
from typing import get_args

import pytest

from deploy.commands.running import VARIABLES
from deploy.site.commands_page import commands
from service import errors
from service.models.metrics import every_series
from service.ner.types import Reason
from service.observe.engine_metrics import OUTCOMES
from service.observe.metrics import STAGES
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "service" / "README.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
README_ZH = (ROOT / "README.zh.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    """One row of the table; numbers and addresses with the default that the code has."""
    (row,) = re.findall(rf"^\| `NERVE_{name.upper()}` \|.*$", REFERENCE, re.MULTILINE)
    default = Settings.model_fields[name].default
    if isinstance(default, bool):
        assert f"`{str(default).lower()}`" in row
    elif isinstance(default, int | float):
        assert f"`{default:g}`" in row or f"`{default}`" in row
    elif isinstance(default, str):
        assert f"`{default}`" in row


def test_every_variable_of_the_commands_is_documented() -> None:
    """Those that the command line reads by itself."""
    found = {
        str(parameter.envvar)
        for command in commands().values()
        for parameter in command.params
        if parameter.envvar
    }
    assert found
    assert found <= set(VARIABLES)
    for variable in {*VARIABLES, "HF_ENDPOINT"}:
        assert f"| `{variable}` |" in REFERENCE


def test_no_setting_is_documented_that_does_not_exist() -> None:
    """A removed setting leaves no trace."""
    known = {f"NERVE_{name.upper()}" for name in Settings.model_fields}
    known |= set(VARIABLES)
    for text in (REFERENCE, README, README_ZH):
        assert set(re.findall(r"NERVE_[A-Z_]+", text)) <= known


def error_classes(root: type[errors.NerveError]) -> list[type[errors.NerveError]]:
    """The tree below ``root``, leaves and branches."""
    below = [cls for child in root.__subclasses__() for cls in error_classes(child)]
    return [root, *below]


@pytest.mark.parametrize("cls", error_classes(errors.NerveError))
def test_every_error_is_documented(cls: type[errors.NerveError]) -> None:
    """Its status with its type in the reference, and its place in the drawn tree."""
    if cls not in (errors.NerveError, errors.EngineFailure):
        assert f"| {cls.status} | `{cls.type}` |" in REFERENCE
    assert re.search(rf"\b{cls.__name__}\b", errors.__doc__ or "")


def test_every_reason_is_documented() -> None:
    """Why a mention was dropped."""
    for reason in get_args(Reason):
        assert f"`{reason}`" in REFERENCE


def test_every_metric_is_documented() -> None:
    """Its name, its labels, and the outcomes of the engine."""
    for family in every_series().collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        (row,) = re.findall(rf"^\| `{name}` \|.*$", REFERENCE, re.MULTILINE)
        assert f"| {family.type} |" in row
    assert all(f"`{outcome}`" in REFERENCE for outcome in OUTCOMES)


@pytest.mark.parametrize("text", [README, README_ZH], ids=["en", "zh"])
def test_the_readmes_have_every_command_and_every_stage(text: str) -> None:
    """In both languages; a stage has one name everywhere."""
    assert all(f"nerve {name}" in text for name in commands())
    assert all(f"| {stage} |" in text for stage in STAGES)


def test_nothing_is_committed_that_is_to_be_ignored() -> None:
    """An environment among the files would be laid over the one of every other checkout."""
    command = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)
    if done.returncode:
        pytest.skip("this is no checkout of git")
    assert done.stdout == ""
