"""DSPy."""

import dspy
from asking import ASKED, case, run


def lm(url, model, **options):
    return dspy.LM(
        f"openai/{model}",
        api_base=f"{url}/v1",
        api_key="none",
        cache=False,
        num_retries=0,
        **options,
    )


@case("LM, its default")
def _(url, model):
    assert lm(url, model)(ASKED)


@case("LM with model_type responses")
def _(url, model):
    assert lm(url, model, model_type="responses")(ASKED)


@case("Predict with the JSON adapter (json_schema)")
def _(url, model):
    from typing import Literal

    class Place(dspy.Signature):
        text: str = dspy.InputField()
        city: Literal["Bern"] = dspy.OutputField()

    with dspy.context(lm=lm(url, model), adapter=dspy.JSONAdapter()):
        assert dspy.Predict(Place)(text=ASKED).city == "Bern"


run()
