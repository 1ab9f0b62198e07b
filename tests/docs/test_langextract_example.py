"""The langextract provider of the documents, with as much of langextract as it touches: what it
asks about is the text as it stands in the prompt."""

import json
import runpy
import sys
from contextlib import closing
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.conftest import Gateway
from tests.docs.test_examples import EXAMPLES
from tests.support.fake_engine import finds

INTERVIEW = "Q: 叶老桂在哪里？\nA: 浙商银行。\n\nQ: 还有谁？\nA: 王明。"


class BaseModel:
    """langextract's."""

    def set_fence_output(self, fence: bool) -> None:
        """Of the prompt's answers."""


def example(text: str, extractions: object = None) -> SimpleNamespace:
    """langextract's ExampleData."""
    return SimpleNamespace(text=text, extractions=extractions)


def registered(*_: object, **__: object) -> Any:
    """The router's decorator."""
    return lambda model: model


def langextract() -> dict[str, Any]:
    """Its modules by name; extract finds nothing."""
    lx = ModuleType("langextract")
    data = SimpleNamespace(ExampleData=example, Extraction=lambda *said: said)
    factory = SimpleNamespace(ModelConfig=lambda **config: config)
    nothing = SimpleNamespace(extractions=[])
    vars(lx).update(data=data, factory=factory, extract=lambda *_, **__: nothing)
    return {
        "langextract": lx,
        "langextract.core.base_model": SimpleNamespace(BaseLanguageModel=BaseModel),
        "langextract.core.tokenizer": SimpleNamespace(UnicodeTokenizer=object),
        "langextract.core.types": SimpleNamespace(ScoredOutput=lambda score, output: output),
        "langextract.providers": SimpleNamespace(router=SimpleNamespace(register=registered)),
    }


def prompt(examples: list[Any], text: str) -> str:
    """As QAPromptGenerator renders it."""
    answer = json.dumps({"extractions": []}, indent=2)
    shown = [f"Q: {one.text}\nA: {answer}\n" for one in examples]
    return "\n".join(["Find names.\n", "Examples", *shown, f"Q: {text}", "A: "])


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The example's class."""
    for name, module in langextract().items():
        monkeypatch.setitem(sys.modules, name, module)
    return runpy.run_path(str(EXAMPLES / "langextract_nerve.py"))["NerveModel"]


EXAMPLES_GIVEN = [example("张三说。"), example("Q: 李四？\nA: 李四。")]


@pytest.mark.parametrize("text", ["叶老桂和王明", INTERVIEW, f"王明\n{INTERVIEW}\n"])
def test_a_text_with_questions_is_asked_about_whole(
    gateway: Gateway, provider: Any, text: str
) -> None:
    """Interviews and FAQs have lines that begin as langextract's prompt has them."""
    gateway.engine.script = finds("叶老桂", "王明")
    model = provider("nerve", EXAMPLES_GIVEN, url=gateway.url)
    with closing(model.client):
        [[answer]] = model.infer([prompt(EXAMPLES_GIVEN, text)])
    assert model.text_of(prompt(EXAMPLES_GIVEN, text)) == text
    found = {one["name"] for one in json.loads(answer)["extractions"]}
    assert found == {"叶老桂", "王明"}


def test_a_prompt_of_other_examples_is_refused(provider: Any) -> None:
    """Where its text begins is not known, so nothing is asked."""
    model = provider("nerve", EXAMPLES_GIVEN)
    with closing(model.client), pytest.raises(ValueError, match="other examples"):
        model.text_of(prompt([example("别的")], "叶老桂"))
