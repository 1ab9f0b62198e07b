"""langextract over its OpenAI provider."""

import langextract as lx
from asking import ASKED, case, run
from langextract.core.data import ExampleData, Extraction

EXAMPLE = ExampleData(
    text="张三在中国银行工作。",
    extractions=[Extraction("name", "张三"), Extraction("company", "中国银行")],
)


def extract(url, model, **options):
    config = lx.factory.ModelConfig(
        model_id=model,
        provider="openai",
        provider_kwargs={"base_url": f"{url}/v1", "api_key": "none"},
    )
    return lx.extract(
        text_or_documents=ASKED,
        prompt_description="Find names and companies.",
        examples=[EXAMPLE],
        config=config,
        **options,
    )


@case("extract: asked and answered (whether the model writes what it reads is the model's)")
def _(url, model):
    from langextract.core import tokenizer

    extract(
        url,
        model,
        tokenizer=tokenizer.UnicodeTokenizer(),
        resolver_params={"suppress_parse_errors": True},
    )


run()
