"""The short version of `make fuzz`: everything but what atheris needs, in about a minute."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.formats import FORMATS
from tests.fuzz import answers, decoding, schema, sockets
from tests.fuzz.hostile import KINDS, hostile
from tests.fuzz.target import ADMIN_KEY, target
from tests.service.ner.format_cases import FRAGMENTS

SEED = 20
EXAMPLES = 4


def test_the_document_tells_every_answer(tmp_path: Path) -> None:
    """No server error, no status, type or shape that the OpenAPI document does not have."""
    with target(tmp_path) as one:
        probed = schema.probe(one.gateway.url, tmp_path, EXAMPLES, SEED, ADMIN_KEY)
        assert probed.failures == [], probed.output
        assert probed.operations == 29
        assert one.faults() == []


def test_the_document_tells_what_a_caller_without_a_key_gets(tmp_path: Path) -> None:
    """401 on every route that needs one."""
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[keys.x]\nsha256 = "{"0" * 64}"\nscopes = ["extract"]\n')
    with target(tmp_path, api_keys_file=keys) as one:
        probed = schema.probe(one.gateway.url, tmp_path, EXAMPLES, SEED, None)
        assert probed.failures == [], probed.output


def test_hostile_bytes_get_an_answer(tmp_path: Path) -> None:
    """A refusal in the envelope, never a fault, a leak or a line in the log."""
    with target(tmp_path) as one:
        sent = sockets.send_all(one.gateway.port, SEED, 500)
        assert sent.faults == []
        assert set(sent.kinds) == set(KINDS) and sent.kinds.total() == 500
        assert one.faults() == []


def test_the_same_seed_is_the_same_bytes() -> None:
    """So that a fault can be had again."""
    assert list(hostile(SEED, 50)) == list(hostile(SEED, 50)) != list(hostile(SEED + 1, 50))


def test_any_answer_of_the_engine_is_an_answer_or_a_named_error(tmp_path: Path) -> None:
    """Half answers, other protocols, other shapes: 502, 503 or what the engine said."""
    engine = answers.AnyEngine(SEED)
    with engine.serving() as url, target(tmp_path, url, breaker_failures=0) as one:
        asked = answers.ask_all(one, engine, 300)
        assert asked.faults == []
        assert one.faults() == []


pieces = st.lists(
    st.one_of(st.binary(max_size=8), st.sampled_from([f.encode() for f in FRAGMENTS]))
)


@pytest.mark.parametrize("name", FORMATS)
@given(st.one_of(st.binary(max_size=200), pieces.map(b"".join)))
def test_any_bytes_decode_and_align(name: str, data: bytes) -> None:
    """Every mention is placed or dropped, whatever the completion and the text."""
    decoding.check(name, data)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("piece", FRAGMENTS)
def test_decoding_and_aligning_take_linear_time(name: str, piece: str) -> None:
    """Ten times the completion may not take a hundred times as long."""
    assert decoding.growth(name, b"\3" + piece.encode()) < decoding.FACTOR
