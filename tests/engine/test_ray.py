"""The whole Ray job in local mode: Ray Data, its vLLM processor, a real vLLM, the tiny model."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.engine.real_engine import BASE, ROOT, home, tiny_model

LOCK = ROOT / "deploy" / "ray" / "requirements.txt"
WITHIN_S = 1500  # Ray starts its workers one after the other, and each imports vLLM


@pytest.fixture(scope="session")
def ray_python(engine_python: Path) -> Path:
    """An environment of Ray's packages on top of the engine's, which stays as it is."""
    # It points at the engine's packages, so a checkout that was moved needs another one.
    wanted = LOCK.read_bytes() + str(engine_python).encode()
    digest = hashlib.sha256(wanted).hexdigest()[:16]
    folder = home().absolute() / "ray-env" / digest
    python = folder / "bin" / "python"
    done = folder / "done"
    if not done.exists():
        subprocess.run([engine_python, "-m", "venv", "--clear", folder], check=True)
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        below, above = (
            subprocess.run([one, "-c", where], check=True, capture_output=True, text=True).stdout
            for one in (engine_python, python)
        )
        Path(above.strip(), "engine.pth").write_text(below)
        install = "-m pip install -q --no-deps --require-hashes -r"
        subprocess.run([python, *install.split(), LOCK], check=True)
        done.touch()
    return python


def test_rows_of_files_become_lines(engine_python: Path, ray_python: Path, tmp_path: Path) -> None:
    """Each row is there once; entities are grounded; a blank and a bad row need no engine."""
    tiny = tiny_model(engine_python)
    texts = [f"D{i}叶老桂DDD，D说。" for i in range(20)]
    first, second, out = (tmp_path / name for name in ("a.jsonl", "b.txt", "out"))
    first.write_text(
        "".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts))
        + '{"text": " "}\nnot JSON\n',
        encoding="utf-8",
    )
    second.write_text("AA甲\n", encoding="utf-8")
    done = subprocess.run(
        [
            ray_python, "-m", "deploy.ray.job", first, second, "--out", out,
            "--model", tiny / "model", "--base", BASE, "--adapter", tiny / "adapters" / "tiny-d",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled"},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr[-4000:]
    # Ray may print a worker's farewell after it.
    assert f"23 lines in {out}, 1 with an error" in done.stderr.splitlines()
    found = [
        json.loads(line) for file in out.iterdir() for line in file.read_text("utf-8").splitlines()
    ]
    assert sorted((Path(line["file"]).name, line["row"]) for line in found) == [
        *(("a.jsonl", number) for number in range(1, 23)),
        ("b.txt", 1),
    ]
    for line in found:
        for entity in line["entities"]:
            assert line["text"][entity["start"] : entity["end"]] == entity["text"]
    # This adapter says its letter on and on; the grammar lets it say what stands in the text.
    asked = [line for line in found if line["row"] <= 20 and line["file"] == str(first)]
    assert all("D" in entity["text"] for line in asked for entity in line["entities"])
    assert all(line["entities"] for line in asked)
