"""Any completion is read, in any pieces, in linear time."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.formats import FORMATS, Format
from service.ner.types import Dropped, Mention
from tests.service.ner.format_cases import LABELS, NAMES, NOTHING, completions, every_format


@pytest.mark.parametrize("name", FORMATS)
@given(completions, st.booleans())
def test_any_completion_decodes(name: str, completion: str, complete: bool) -> None:
    """Nothing raises, a completion that says nothing usable says so, and all can be sent on."""
    decoded = FORMATS[name].decode(completion, LABELS, complete=complete)
    assert decoded.mentions or decoded.dropped or NOTHING[name] in completion
    assert decoded.dropped or completion.strip()
    for mention in decoded.mentions:
        (mention.label + mention.surface).encode()
    assert all(m.surface and m.label in NAMES for m in decoded.mentions)
    edges = [edge for place in decoded.places for edge in place]
    assert edges == sorted(edges) and all(0 <= edge <= len(completion) + 1 for edge in edges)
    assert len(decoded.places) == len(decoded.mentions)
    assert all(isinstance(d, Dropped) for d in decoded.dropped)


@st.composite
def in_pieces(draw: st.DrawFn) -> list[str]:
    """A completion as it is streamed: some of the pieces may be empty."""
    completion = draw(completions)
    edges = draw(st.lists(st.integers(0, len(completion)), max_size=20))
    return [completion[a:b] for a, b in pairwise([0, *sorted(edges), len(completion)])]


@every_format
@given(in_pieces(), st.booleans())
def test_read_in_pieces_it_is_the_same(answer: Format, pieces: list[str], complete: bool) -> None:
    """However it is cut; and what has been read once stays as it is."""
    reader = answer.reader(LABELS)
    seen: list[tuple[Mention, tuple[int, int]]] = []
    for piece in pieces:
        reader.feed(piece)
        now = list(zip(reader.reading.mentions, reader.reading.places, strict=True))
        assert now[: len(seen)] == seen
        seen = now
    reader.end(complete=complete)
    decoded = answer.decode("".join(pieces), LABELS, complete=complete)
    assert reader.reading.decoded() == decoded
    assert list(zip(decoded.mentions, decoded.places, strict=True))[: len(seen)] == seen


# format, the pieces before the last, what is read of them, the last piece, what is read then
PIECES = [
    ("lines", ["姓名：", "叶老桂"], [], "\n", ["叶老桂"]),
    ("surface_lines", ["叶老桂", "：姓名"], [], "\n", ["叶老桂"]),
    ("json", ['[{"label": "姓名", "text": "叶老', '桂"'], [], "}", ["叶老桂"]),
    ("objects", ['{"entity_text": "叶老桂", "entity_label": "姓名', '"'], [], "}", ["叶老桂"]),
    ("python_dict", ["{'姓名': ['甲', '叶老桂"], ["甲"], "',", ["甲", "叶老桂"]),
    ("inline_tags", ["是<姓名>叶老桂</姓", "名"], [], ">", ["叶老桂"]),
    ("entity_lines", ["EntityText: 叶老桂\nEntityLabel: 姓名"], [], "\n", ["叶老桂"]),
]


@pytest.mark.parametrize(("name", "pieces", "before", "last", "then"), PIECES)
def test_a_mention_is_read_as_soon_as_it_has_ended(
    name: str, pieces: list[str], before: list[str], last: str, then: list[str]
) -> None:
    """Not a piece later."""
    reader = FORMATS[name].reader(LABELS)
    for piece in pieces:
        reader.feed(piece)
    assert [mention.surface for mention in reader.reading.mentions] == before
    reader.feed(last)
    assert [mention.surface for mention in reader.reading.mentions] == then


@pytest.mark.parametrize(
    "unit",
    ["{", '{"', '"\\', '{"a":', '{"\\"', "[" * 3, "：\n", "{}", "\\", '{"label"', '"\\{"label"',
     "{'", "'", "' ", "\\'", "'],", "<", "<a", "<a>", "</a>", "<\\", "EntityText: a\n",
     '{"entity_text"', "{'a", '{"a', "<甲", "甲", "{' \n", "\\\\", " "],
)  # fmt: skip
@every_format
@pytest.mark.slow
def test_reading_takes_linear_time(answer: Format, unit: str) -> None:
    """Twenty times the completion may not take four hundred times as long."""

    def seconds(repeats: int) -> float:
        reader = answer.reader(LABELS)
        started = time.process_time()
        for _ in range(repeats):  # as tokens come
            reader.feed(unit)
        reader.end(complete=True)
        return time.process_time() - started

    short = max(min(seconds(1_000) for _ in range(3)), 0.002)
    assert min(seconds(20_000) for _ in range(2)) < 100 * short


@pytest.mark.parametrize("unit", ["<", "<a>", "<\\", "'", "\\", "甲"])
@every_format
@pytest.mark.slow
def test_encoding_takes_linear_time(answer: Format, unit: str) -> None:
    """The grammar too, though its compiler is not asked."""

    def seconds(repeats: int) -> float:
        text = unit * repeats
        started = time.process_time()
        answer.encode([Mention("name", unit)] * (repeats // 2), LABELS, text)
        answer.grammar(text, LABELS, "grounded")
        return time.process_time() - started

    short = max(min(seconds(500) for _ in range(3)), 0.002)
    assert min(seconds(10_000) for _ in range(2)) < 100 * short
