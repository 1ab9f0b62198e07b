"""Answer formats: tables that a linguist can read, and properties that hold for every text."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.formats import FORMATS, Format
from service.ner.types import Constraint, Dropped, Label, Mention, refuse_written
from tests.ner.grammars import accepts
from tests.ner.strings import texts, texts_with_parts

LABELS = (Label("name", "姓名"), Label("company", "公司"), Label("odd", 'a "b\\'))
NAMES = [label.name for label in LABELS]

CONSTRAINTS: tuple[Constraint, ...] = ("grounded", "schema")

every_format = pytest.mark.parametrize("answer", FORMATS.values(), ids=FORMATS)

# format, completion, complete, mentions, dropped as (label, text, reason)
COMPLETIONS = [
    ("lines", "姓名：叶老桂", True, [("name", "叶老桂")], []),
    ("lines", "公司：浙商银行\n姓名：叶老桂", True,
     [("company", "浙商银行"), ("name", "叶老桂")], []),
    ("lines", "无", True, [], []),
    ("lines", "", True, [], [(None, "", "malformed")]),
    ("lines", "```\n姓名：叶老桂\n```", True, [("name", "叶老桂")], []),
    ("lines", "- name: 叶老桂", True, [("name", " 叶老桂")], []),
    ("lines", "姓名：甲：乙", True, [("name", "甲：乙")], []),
    ("lines", r"姓名：甲\n乙\\n", True, [("name", "甲\n乙\\n")], []),
    ("lines", "姓名：", True, [], [(None, "姓名：", "malformed")]),
    ("lines", "没有实体", True, [], [(None, "没有实体", "malformed")]),
    ("lines", "地址：上海", True, [], [("地址", "上海", "unknown_label")]),
    ("lines", "姓名：甲\n公司：浙", False, [("name", "甲")], [(None, "公司：浙", "malformed")]),
    ("lines", "姓名：甲\n", False, [("name", "甲")], []),
    ("json", '[{"label": "姓名", "text": "叶老桂"}]', True, [("name", "叶老桂")], []),
    ("json", "[]", True, [], []),
    ("json", "", True, [], [(None, "", "malformed")]),
    ("json", '```json\n[{"label": "name", "text": "甲"}]\n```', True, [("name", "甲")], []),
    ("json", '实体如下"：{"text":"甲","label":"姓名"}。', True, [("name", "甲")], []),
    ("json", '{"label":"姓名","text":"甲"}{"label":"姓名","text":"乙"}', True,
     [("name", "甲"), ("name", "乙")], []),
    ("json", '[{"label": "姓名", "text": "甲"}, {"label": "公', False,
     [("name", "甲")], [(None, '{"label": "公', "malformed")]),
    ("json", '[{"label": "地址", "text": "上海"}]', True, [], [("地址", "上海", "unknown_label")]),
    ("json", '[{"label": "姓名", "text": 3}]', True, [],
     [(None, '{"label": "姓名", "text": 3}', "malformed")]),
    ("json", '[{"label": "姓名", "text": "a"b"}, {"label": "姓名", "text": "甲"}]', True,
     [("name", "甲")], [(None, '{"label": "姓名", "text": "a"b"}, ', "malformed")]),
    ("json", '{"entities": [{"label": "姓名", "text": "{"}]}', True, [("name", "{")], []),
    ("json", r'{"label": "姓名", "text": "\ud800"}', True, [],
     [(None, r'{"label": "姓名", "text": "\ud800"}', "malformed")]),
    ("json", "这个句子包含以下实体：浙商银行", True, [],
     [(None, "这个句子包含以下实体：浙商银行", "malformed")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "completion", "complete", "mentions", "dropped"), COMPLETIONS)
def test_decode(
    name: str,
    completion: str,
    complete: bool,
    mentions: list[tuple[str, str]],
    dropped: list[tuple[str | None, str, str]],
) -> None:
    """What is usable is read, what is not is reported."""
    decoded = FORMATS[name].decode(completion, LABELS, complete=complete)
    assert [(m.label, m.surface) for m in decoded.mentions] == mentions
    assert [(d.label, d.text, d.reason) for d in decoded.dropped] == dropped


@every_format
@given(st.lists(st.builds(Mention, st.sampled_from(NAMES), texts.filter(bool))))
def test_decode_inverts_encode(answer: Format, mentions: list[Mention]) -> None:
    """For every text whatsoever."""
    decoded = answer.decode(answer.encode(mentions, LABELS), LABELS, complete=True)
    assert decoded.mentions == tuple(mentions)
    assert decoded.dropped == ()


# The pieces of answers, in any disorder, half a surrogate pair among them.
FRAGMENTS = ("{", "}", "[", "]", '"', ",", ":", "：", "\n", "label", "text", "姓名", "name", "甲",
             "\\ud800", "\\", "无", '{"label": "姓名", "text": "', '{"text": "甲", "label": "',
)  # fmt: skip
completions = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS)).map("".join))


@every_format
@given(completions, st.booleans())
def test_any_completion_decodes(answer: Format, completion: str, complete: bool) -> None:
    """Nothing raises, a completion that says nothing usable says so, and all can be sent on."""
    decoded = answer.decode(completion, LABELS, complete=complete)
    assert decoded.mentions or decoded.dropped or any(no in completion for no in ("无", "[]"))
    for mention in decoded.mentions:
        (mention.label + mention.surface).encode()
    assert all(m.surface and m.label in NAMES for m in decoded.mentions)
    assert all(isinstance(d, Dropped) for d in decoded.dropped)


@every_format
@given(texts_with_parts(), st.data())
def test_the_grammar_accepts_every_grounded_answer(
    answer: Format, case: tuple[str, list[str]], data: st.DataObject
) -> None:
    """Grounded and schema grammars take whatever encode writes for parts of the text."""
    text, parts = case
    labels = data.draw(st.lists(st.sampled_from(NAMES), min_size=len(parts), max_size=len(parts)))
    completion = answer.encode(list(map(Mention, labels, parts)), LABELS)
    assert accepts(answer.grammar(text, LABELS, "grounded"), completion)
    assert accepts(answer.grammar(text, LABELS, "schema"), completion)


@every_format
@given(texts.filter(bool), texts.filter(bool))
def test_the_grammar_refuses_what_is_not_in_the_text(
    answer: Format, text: str, surface: str
) -> None:
    """The grounded grammar takes a surface exactly if it stands in the text."""
    completion = answer.encode([Mention("name", surface)], LABELS)
    assert accepts(answer.grammar(text, LABELS, "grounded"), completion) == (surface in text)


@pytest.mark.parametrize(
    ("name", "completion"),
    [
        ("lines", "姓名："), ("lines", "地址：甲"), ("lines", ""), ("lines", "姓名：甲\n"),
        ("lines", "无\n姓名：甲"),
        ("json", '[{"label": "姓名", "text": ""}]'), ("json", ""), ("json", "[]]"),
        ("json", '[{"label": "地址", "text": "甲"}]'),
    ],
)  # fmt: skip
def test_the_grammar_refuses(name: str, completion: str) -> None:
    """Empty surfaces, unknown labels, empty completions, loose ends."""
    for constraint in ("grounded", "schema"):
        grammar = FORMATS[name].grammar("甲\n乙", LABELS, constraint)
        assert not accepts(grammar, completion)


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip)


@every_format
@given(names.filter(bool), texts.filter(bool))
def test_any_label_that_is_not_refused_works(answer: Format, written: str, text: str) -> None:
    """What a caller may name, the grammar can say and the decoder reads back."""
    if refuse_written(written) or answer.refuse_label(written):
        return
    label, mention = Label(written, written), Mention(written, text)
    completion = answer.encode([mention], [label])
    assert answer.decode(completion, [label], complete=True).mentions == (mention,)
    for constraint in CONSTRAINTS:
        assert accepts(answer.grammar(text, [label], constraint), completion)


@every_format
def test_no_constraint_is_no_grammar(answer: Format) -> None:
    """``none`` leaves the engine free."""
    assert answer.grammar("甲", LABELS, "none") is None


def test_lines_refuse_a_label_that_they_cannot_write() -> None:
    """The separator or a line break inside a label; JSON can write anything."""
    for written in ("a：b", "a\nb", "a\rb"):
        assert FORMATS["lines"].refuse_label(written)
        assert FORMATS["json"].refuse_label(written) is None


@pytest.mark.parametrize(
    "unit",
    ["{", '{"', '"\\', '{"a":', '{"\\"', "[" * 3, "：\n", "{}", "\\", '{"label"', '"\\{"label"'],
)
@every_format
def test_decoding_takes_linear_time(answer: Format, unit: str) -> None:
    """Twenty times the completion may not take four hundred times as long."""

    def seconds(repeats: int) -> float:
        completion = unit * repeats
        started = time.process_time()
        answer.decode(completion, LABELS, complete=True)
        return time.process_time() - started

    short = max(min(seconds(1_000) for _ in range(3)), 0.002)
    assert seconds(20_000) < 100 * short


def test_json_is_the_reference_systems() -> None:
    """The very bytes that its adapters were trained on."""
    written = FORMATS["json"].encode([Mention("name", "叶老桂")], [Label("name", "name")])
    assert written == '[{"label": "name", "text": "叶老桂"}]'
    assert json.loads(written) == [{"label": "name", "text": "叶老桂"}]
