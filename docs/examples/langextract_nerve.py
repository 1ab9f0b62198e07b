"""Nerve as a provider of langextract: pip install langextract httpx2."""

import json
import os

import httpx2
import langextract as lx
from langextract.core.base_model import BaseLanguageModel
from langextract.core.tokenizer import UnicodeTokenizer
from langextract.core.types import ScoredOutput
from langextract.providers import router


@router.register(r"^nerve", priority=20)
class NerveModel(BaseLanguageModel):
    """`model_id="nerve"` is the gateway's default model, `nerve/NAME` another."""

    def __init__(self, model_id: str, examples, url: str = "http://127.0.0.1:8080", **options):
        super().__init__()
        self.model = model_id.partition("/")[2] or None
        self.last_question = f"\nQ: {examples[-1].text}\nA: "
        self.client = httpx2.Client(base_url=url, timeout=60)
        self.set_fence_output(False)

    def infer(self, batch_prompts, **options):
        texts = [self.text_of(prompt) for prompt in batch_prompts]
        answer = self.client.post("/extract", json={"texts": texts, "model": self.model})
        for result in answer.raise_for_status().json()["results"]:
            if "error" in result:
                raise RuntimeError(result["error"]["message"])
            found = [{one["label"]: one["text"]} for one in result["entities"]]
            said = json.dumps({"extractions": found}, ensure_ascii=False)
            yield [ScoredOutput(score=1.0, output=said)]

    def text_of(self, prompt):
        # Of a prompt only the text is asked about: an adapter knows its labels without examples.
        # It stands behind the last example, and may have lines that begin with "Q: " itself.
        _, _, answered = prompt.partition(self.last_question)
        _, found, question = answered.partition("\n\nQ: ")
        if not found:
            raise ValueError("the provider was given other examples than the prompt has")
        return question.rpartition("\nA:")[0]


examples = [
    lx.data.ExampleData(
        text="张三在中国银行工作。",
        extractions=[lx.data.Extraction("name", "张三"), lx.data.Extraction("company", "中国银行")],
    )
]
text = "浙商银行的叶老桂"
url = os.environ.get("NERVE_URL", "http://127.0.0.1:8080")
found = lx.extract(
    text,
    prompt_description="Names and companies.",
    examples=examples,
    config=lx.factory.ModelConfig(
        model_id="nerve", provider_kwargs={"url": url, "examples": examples}
    ),
    tokenizer=UnicodeTokenizer(),  # without it Chinese has no offsets
    show_progress=False,
)
for one in found.extractions:
    at = one.char_interval
    print(at.start_pos, at.end_pos, one.extraction_class, text[at.start_pos : at.end_pos])
