"""Adapters that were trained elsewhere: the recipes of adapters/BRING_YOUR_OWN.md, as they stand.

The manifests and the command are cut out of the document, so it cannot promise what does not work.
"""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from service.app import create_app
from service.models.manifest import load
from service.ner.formats import FORMATS
from tests.conftest import Gateway, gateway_settings
from tests.support.fake_engine import FakeEngine, completes
from tests.support.serving import serving

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).resolve().parents[2] / "adapters" / "BRING_YOUR_OWN.md"
MANIFESTS = {
    Path(path).parent.name: manifest
    for path, manifest in re.findall(
        r"```toml\n# (\S+/adapter\.toml)\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL
    )
}

SENTENCE = "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。"
SYSTEM = "你是一个文本实体识别领域的专家。"
PROMPT = (
    "请从给定的句子中识别并提取出以下指定类别的实体。\n\n<类别>\nname, company\n\n"
    '<格式>\n```json\n[{"label": "类别", "text": "实体"}]\n```\n\n<输入>\n'
)

# What each adapter writes for the sentence.
COMPLETIONS = {
    "clue-7b": '[{"label": "name", "text": "叶老桂"}, {"label": "company", "text": "浙商银行"}]',
    "llm-ner": "{'属于人名类实体有?': ['叶老桂'], '属于组织机构类实体有?': [], "
    "'属于企业类实体有?': ['浙商银行']}",
    "llm-ner-tags": "<company>浙商银行</company>企业信贷部<name>叶老桂</name>博士则从另一个角度"
    "对五道门槛进行了解读。",
    "llm-finetune": '{"entity_text": "浙商银行", "entity_label": "组织"}'
    '{"entity_text": "叶老桂", "entity_label": "人名"}',
    "ner-sft": "EntityText: 浙商银行\nEntityLabel: 公司\nEntityText: 叶老桂\nEntityLabel: 人名",
}


@contextmanager
def serving_only(folder: Path) -> Iterator[Gateway]:
    """A gateway whose only adapter is the one in ``folder``, which is the default."""
    adapter = load(folder)
    engine = FakeEngine(adapter.base, adapter.engine_name)
    with serving(engine) as engine_url:
        settings = gateway_settings(
            folder.parent,
            engine_url=engine_url,
            base_model=adapter.base,
            default_model=adapter.name,
        )
        with (
            serving(create_app(settings)) as url,
            httpx2.Client(base_url=url, timeout=20, trust_env=False) as client,
        ):
            gateway = Gateway(url, client, engine)
            gateway.wait_until_ready()
            yield gateway


def folder_of(name: str, place: Path) -> Path:
    """The adapter's folder with the document's manifest, below ``place``."""
    folder = place / "adapters" / name
    folder.mkdir(parents=True)
    (folder / "adapter.toml").write_text(MANIFESTS[name], encoding="utf-8")
    return folder


def test_there_is_a_manifest_for_every_format_of_others() -> None:
    """All but ``lines`` and ``surface_lines``, which are Nerve's own."""
    formats = {tomllib.loads(manifest)["format"] for manifest in MANIFESTS.values()}
    assert formats == set(FORMATS) - {"lines", "surface_lines"}
    assert set(MANIFESTS) == set(COMPLETIONS)


@pytest.mark.parametrize("rows_as", ["list", "lines"])
def test_the_first_recipe(tmp_path: Path, rows_as: str) -> None:
    """The command takes the prompt from training rows; /extract sends it, byte for byte."""
    folder = folder_of("clue-7b", tmp_path)
    texts = (SENTENCE, "凯尔特人连胜7场", "布鲁京斯研究所说：\\“好”\n")
    rows = [{"instruction": SYSTEM, "input": PROMPT + text, "output": "[]"} for text in texts]
    content = json.dumps(rows, ensure_ascii=False)
    if rows_as == "lines":
        content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "train.json").write_text(content, encoding="utf-8")
    (command,) = re.findall(r"```\n(python3 - .*?\nEND\n)```", DOCUMENT.read_text("utf-8"), re.S)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, timeout=60)
    with serving_only(folder) as gateway:
        gateway.engine.script = completes(COMPLETIONS["clue-7b"])
        for row, text in zip(rows, texts, strict=True):
            assert gateway.extract(text).status_code == 200
            assert gateway.engine.asked.pop()["messages"] == [
                {"role": "system", "content": row["instruction"]},
                {"role": "user", "content": row["input"]},
            ]


@pytest.mark.parametrize("name", MANIFESTS)
def test_each_manifest_serves_its_format(name: str, tmp_path: Path) -> None:
    """The engine is held to the format, grounded, and its completion is read."""
    folder = folder_of(name, tmp_path)
    (folder / "prompt.toml").write_text('user = "句子：{text}"\n', encoding="utf-8")
    with serving_only(folder) as gateway:
        gateway.engine.script = completes(COMPLETIONS[name])
        answer = gateway.extract(SENTENCE).json()
        (asked,) = gateway.engine.asked
    assert [(e["label"], e["start"], e["end"]) for e in answer["entities"]] == [
        ("company", 0, 4),
        ("name", 9, 12),
    ]
    assert answer["dropped"] == []
    assert asked["model"] == load(folder).engine_name
    assert asked["messages"] == [{"role": "user", "content": f"句子：{SENTENCE}"}]
    assert "substring_chunks" in asked["structured_outputs"]["grammar"]
    assert asked["chat_template_kwargs"] == {"enable_thinking": False}
