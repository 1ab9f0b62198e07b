"""The openai package, unmodified, against the engine: an adapter is a model of its own."""

from openai import OpenAI

from tests.engine.real_engine import BASE, RealEngine


def test_an_adapter_is_picked_by_model_name(engine: RealEngine) -> None:
    """One completion; the list of models has what was asked for."""
    with OpenAI(base_url=f"{engine.url}/v1", api_key="none") as client:
        name = engine.names["tiny-b"]
        answer = client.chat.completions.create(
            model=name,
            messages=[{"role": "user", "content": "甲"}],
            temperature=0,
            max_tokens=4,
        )
        listed = {model.id for model in client.models.list()}
    assert answer.choices[0].message.content == "BBBB"
    assert {BASE, name} <= listed
