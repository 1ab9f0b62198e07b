"""The openai package, unmodified, against the engine: an adapter is a model of its own."""

from openai import OpenAI

from tests.engine.real_engine import RealEngine


def test_an_adapter_is_picked_by_model_name(engine: RealEngine) -> None:
    """The README's example, and one completion."""
    with OpenAI(base_url=f"{engine.url}/v1", api_key="none") as client:
        assert {model.id for model in client.models.list()} == set(engine.names.values())
        answer = client.chat.completions.create(
            model=engine.names["tiny-b"],
            messages=[{"role": "user", "content": "甲"}],
            temperature=0,
            max_tokens=4,
        )
    assert answer.choices[0].message.content == "BBBB"
