"""The public name in place of the engine's, wherever a stream is cut."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.openai.renaming import Renaming

ENGINE, PUBLIC = "clue@01234567", "clue"
RENAMING = Renaming(ENGINE, PUBLIC)
# Texts that come close to what is looked for.
WRITTEN = st.lists(
    st.sampled_from(
        ['"model"', "model", ":", f'"{ENGINE}"', ENGINE, "\n", "\r", "\\", '"', "字", " "]
    )
).map("".join)


async def _in_pieces(whole: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    edges = [0, *sorted(cut % (len(whole) + 1) for cut in cuts), len(whole)]
    for start, end in pairwise(edges):
        yield whole[start:end]


def _streamed(whole: bytes, cuts: list[int]) -> list[bytes]:
    async def gather() -> list[bytes]:
        return [lines async for lines in RENAMING.lines(_in_pieces(whole, cuts))]

    return asyncio.run(gather())


@given(st.lists(WRITTEN, max_size=5), st.lists(st.integers(0, 10_000), max_size=20), st.booleans())
def test_a_stream_loses_nothing_and_only_the_name_changes(
    texts: list[str], cuts: list[int], is_compact: bool
) -> None:
    """Each event is the engine's with the public name, and each piece ends with a line."""
    separators = (",", ":") if is_compact else (", ", ": ")
    chunks = [{"id": text, "model": ENGINE, "choices": [{"text": text}]} for text in texts]
    events = [f"data: {json.dumps(chunk, separators=separators)}\n\n" for chunk in chunks]
    pieces = _streamed("".join(events).encode(), cuts)
    assert all(piece.endswith(b"\n") for piece in pieces)
    found = b"".join(pieces).split(b"\n\n")
    assert [json.loads(one.removeprefix(b"data: ")) for one in found[:-1]] == [
        {**chunk, "model": PUBLIC} for chunk in chunks
    ]


@given(st.binary(max_size=60), st.lists(st.integers(0, 100), max_size=5))
def test_other_bytes_are_left_alone(whole: bytes, cuts: list[int]) -> None:
    """Whatever they are, a last line without an end included."""
    assert b"".join(_streamed(whole, cuts)) == whole


@given(WRITTEN)
def test_generated_text_is_never_taken_for_the_name(text: str) -> None:
    """Its quotes are escaped."""
    body = json.dumps({"text": text, "name": PUBLIC}).encode()
    assert RENAMING.answer(body) == body


def test_a_model_with_one_name_only() -> None:
    """Nothing is looked for."""
    body = b'{"model": "base"}'
    assert Renaming("base", "base").answer(body) == body
