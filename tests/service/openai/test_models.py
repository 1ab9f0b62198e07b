"""/v1/models: public names, and what is known of each."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.models.manifest import load
from tests.conftest import ADAPTER, BASE, ENGINE_NAME, Gateway, error_of, running
from tests.support.openai_script import CHAT, MESSAGES, chat_answer, public, writes

EVALUATION = """
[[evaluation]]
split = "test"
sentences = 343
date = "2026-11-02"
constraint = "grounded"
text_f1 = 0.777
text_interval = [0.75, 0.8]
span_f1 = 0.78
"""


def test_the_list_has_public_names_only(gateway: Gateway) -> None:
    """The base model and its adapters; the engine's names are nobody's business."""
    answer = gateway.client.get("/v1/models").json()
    assert answer["object"] == "list"
    assert [model["id"] for model in answer["data"]] == [BASE, ADAPTER]
    assert ENGINE_NAME not in str(answer)


def test_the_base_model(gateway: Gateway) -> None:
    """Takes any labels, and has no parent."""
    model = gateway.client.get(f"/v1/models/{BASE}").json()
    assert isinstance(model.pop("created"), int)
    assert model == {
        "id": BASE,
        "object": "model",
        "owned_by": "nerve",
        "alias_of": None,
        "parent": None,
        "loaded": True,
        "max_model_len": 2048,
        "open": True,
        "labels": None,
        "weights": None,
        "rank": None,
        "prompt": None,
        "evaluation": [],
    }


def test_an_adapter_has_its_bases_window(gateway: Gateway) -> None:
    """The engine tells it of the base model only."""
    assert gateway.client.get(f"/v1/models/{ADAPTER}").json()["max_model_len"] == 2048


def test_an_unknown_model(gateway: Gateway) -> None:
    """404 with param model."""
    for name in ("nope", "", "a/b", ENGINE_NAME):
        response = gateway.client.get(f"/v1/models/{name}")
        assert (response.status_code, error_of(response)["param"]) == (404, "model")


class TestAlias:
    """An adapter that has another name, too."""

    @pytest.fixture
    def gateway(self, adapters: Path, tmp_path: Path) -> Iterator[Gateway]:
        """With an alias."""
        folder = tmp_path / "adapters"
        shutil.copytree(adapters, folder)
        (folder / "registry.toml").write_text(f'[aliases]\nner = "{ADAPTER}"\n', encoding="utf-8")
        with running(folder) as gateway:
            yield gateway

    def test_an_alias_is_a_model_to_its_callers(self, gateway: Gateway) -> None:
        """Listed, asked for by its name; the answer names the adapter that it stands for."""
        models = gateway.client.get("/v1/models").json()["data"]
        assert [(one["id"], one["alias_of"]) for one in models] == [
            (BASE, None),
            (ADAPTER, None),
            ("ner", ADAPTER),
        ]
        assert gateway.client.get("/v1/models/ner").json() == models[-1]
        gateway.engine.script = writes(chat_answer("叶"))
        response = gateway.client.post(CHAT, json={"model": "ner", "messages": MESSAGES})
        assert response.content == public(chat_answer("叶"))
        assert gateway.engine.asked[0]["model"] == ENGINE_NAME


class TestManifest:
    """An adapter whose manifest says all there is to say."""

    @pytest.fixture
    def gateway(self, adapters: Path, tmp_path: Path) -> Iterator[Gateway]:
        """With an evaluation."""
        folder = tmp_path / "adapters"
        shutil.copytree(adapters, folder)
        with (folder / ADAPTER / "adapter.toml").open("a", encoding="utf-8") as manifest:
            manifest.write(EVALUATION)
        with running(folder) as gateway:
            yield gateway

    def test_an_adapter(self, gateway: Gateway, adapters: Path) -> None:
        """Labels, base, rank, prompt and what was measured; whether the engine has it."""
        model = gateway.client.get(f"/v1/models/{ADAPTER}").json()
        (evaluation,) = model.pop("evaluation")
        assert (model["parent"], model["rank"], model["prompt"]) == (BASE, 64, "zh-lines-1")
        assert model["weights"] == load(adapters / ADAPTER).sha256[:8]
        assert (model["labels"], model["loaded"]) == (["company", "name"], True)
        assert evaluation == {
            "split": "test",
            "sentences": 343,
            "date": "2026-11-02",
            "constraint": "grounded",
            "text_f1": 0.777,
            "text_interval": [0.75, 0.8],
            "span_f1": 0.78,
            "span_interval": None,
        }

    def test_an_adapter_that_is_not_loaded_is_shown_as_such(self, gateway: Gateway) -> None:
        """It is registered all the same."""
        gateway.engine.models.remove(ENGINE_NAME)
        models = gateway.client.get("/v1/models").json()["data"]
        assert [(model["id"], model["loaded"]) for model in models] == [
            (BASE, True),
            (ADAPTER, False),
        ]
