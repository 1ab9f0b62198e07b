"""Answer formats: tables that a linguist can read, and properties that hold for every text."""

import json
import time
from itertools import pairwise

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


def stated(answer: Format, mentions: list[Mention], text: str) -> list[Mention]:
    """What ``answer`` can state of ``mentions``, in its order: most formats, all as they come."""
    if answer is FORMATS["python_dict"]:  # label by label
        return sorted(mentions, key=lambda mention: NAMES.index(mention.label))
    if answer is not FORMATS["inline_tags"]:
        return mentions
    chosen, end = [], 0  # in text order, none overlapping another
    for mention in mentions:
        if (start := text.find(mention.surface, end)) >= 0:
            chosen.append(mention)
            end = start + len(mention.surface)
    return chosen


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
    ("python_dict", "{'姓名': ['叶老桂'], '公司': []}", True, [("name", "叶老桂")], []),
    ("python_dict", "{'姓名': ['甲', '乙'], '公司': ['丙']}", True,
     [("name", "甲"), ("name", "乙"), ("company", "丙")], []),
    ("python_dict", "{'姓名': [], '公司': []}", True, [], []),
    ("python_dict", "", True, [], [(None, "", "malformed")]),
    ("python_dict", "没有实体", True, [], [(None, "没有实体", "malformed")]),
    ("python_dict", "It's this: {'姓名': ['甲']}. That's it.", True, [("name", "甲")], []),
    ("python_dict", """{"姓名": ["O'Brien"]}""", True, [("name", "O'Brien")], []),
    ("python_dict", "{'姓名': ['O'Brien', '甲']}", True,
     [("name", "O'Brien"), ("name", "甲")], []),
    ("python_dict", r"{'姓名': ['\u7532\'\\n\n', '\d']}", True,
     [("name", "甲'\\n\n"), ("name", r"\d")], []),
    ("python_dict", "{'姓名': '甲', '公司': None}", True, [("name", "甲")], []),
    ("python_dict", "{'地址': ['上海'], '姓名': ['甲']}", True, [("name", "甲")],
     [("地址", "上海", "unknown_label")]),
    ("python_dict", "{'姓名': [3, '']}", True, [],
     [(None, "'姓名': 3", "malformed"), (None, "'姓名': ''", "malformed")]),
    ("python_dict", "{'姓名': ['甲'], '公司': ['浙商", False, [("name", "甲")],
     [(None, "'公司': '浙商", "malformed")]),
    ("python_dict", "{'姓名': ['甲'}\n{'公司': ['乙']}", True,
     [("name", "甲"), ("company", "乙")], []),
    ("python_dict", "{[", True, [], [(None, "{[", "malformed")]),
    ("python_dict", "{'姓名': [", False, [], [(None, "{'姓名': [", "malformed")]),
    ("inline_tags", "<公司>浙商银行</公司>的<姓名>叶老桂</姓名>博士", True,
     [("company", "浙商银行"), ("name", "叶老桂")], []),
    ("inline_tags", "今天下雨", True, [], []),
    ("inline_tags", "", True, [], [(None, "", "malformed")]),
    ("inline_tags", "若 a < b，<name>甲</name> > 乙", True, [("name", "甲")], []),
    ("inline_tags", "<姓名>a<\\b>c<\\\\d</姓名>", True, [("name", "a<b>c<\\d")], []),
    ("inline_tags", "<地址>上海</地址>的<姓名>甲</姓名>", True, [("name", "甲")],
     [("地址", "上海", "unknown_label")]),
    ("inline_tags", "<姓名>甲<公司>乙</公司>丙</姓名>", True, [("company", "乙")],
     [(None, "<姓名>甲", "malformed"), (None, "</姓名>", "malformed")]),
    ("inline_tags", "<姓名></姓名>甲", True, [], [(None, "<姓名></姓名>", "malformed")]),
    ("inline_tags", "<姓名>甲</姓名>和<公司>浙", False, [("name", "甲")],
     [(None, "<公司>浙", "malformed")]),
    ("objects", '{"entity_text": "叶老桂", "entity_label": "姓名"}', True,
     [("name", "叶老桂")], []),
    ("objects", '{"entity_text": "甲", "entity_label": "姓名"}'
     '{"entity_text": "乙", "entity_label": "公司"}', True,
     [("name", "甲"), ("company", "乙")], []),
    ("objects", '{"entity_label": "姓名", "entity_text": "甲"} ,\n'
     '{"entity_text": "乙", "entity_label": "公司"}\n', True,
     [("name", "甲"), ("company", "乙")], []),
    ("objects", "没有找到任何实体", True, [], []),
    ("objects", "没有找到任何实体。", True, [], []),
    ("objects", "[]", True, [], [(None, "[]", "malformed")]),
    ("objects", '{"entity_text": "甲", "entity_label": "姓名"}{"entity_text": "浙', False,
     [("name", "甲")], [(None, '{"entity_text": "浙', "malformed")]),
    ("objects", '{"entity_text": "a"b", "entity_label": "姓名"}'
     '{"entity_text": "甲", "entity_label": "姓名"}', True, [("name", "甲")],
     [(None, '{"entity_text": "a"b", "entity_label": "姓名"}', "malformed")]),
    ("objects", '{"entity_text": "上海", "entity_label": "地址"}', True, [],
     [("地址", "上海", "unknown_label")]),
    ("surface_lines", "浙商银行：公司\n叶老桂：姓名", True,
     [("company", "浙商银行"), ("name", "叶老桂")], []),
    ("surface_lines", "无", True, [], []),
    ("surface_lines", "", True, [], [(None, "", "malformed")]),
    ("surface_lines", "```\n叶老桂:name\n```", True, [("name", "叶老桂")], []),
    ("surface_lines", "```甲：姓名\n无：公司", True, [("name", "```甲"), ("company", "无")], []),
    ("surface_lines", "甲：乙：姓名", True, [("name", "甲：乙")], []),
    ("surface_lines", r"甲\n乙\\n：姓名", True, [("name", "甲\n乙\\n")], []),
    ("surface_lines", "：姓名", True, [], [(None, "：姓名", "malformed")]),
    ("surface_lines", "没有实体", True, [], [(None, "没有实体", "malformed")]),
    ("surface_lines", "上海：地址", True, [], [("地址", "上海", "unknown_label")]),
    ("surface_lines", "甲：姓名\n浙：公", False, [("name", "甲")], [(None, "浙：公", "malformed")]),
    ("entity_lines", "EntityText: 叶老桂\nEntityLabel: 姓名", True, [("name", "叶老桂")], []),
    ("entity_lines", "EntityText: 甲\nEntityLabel: 姓名\nEntityText: 乙\nEntityLabel: 公司\n",
     True, [("name", "甲"), ("company", "乙")], []),
    ("entity_lines", "Text: 甲\nLabel: 姓名\n\nText：乙\nLabel：公司", True,
     [("name", "甲"), ("company", "乙")], []),
    ("entity_lines", "没有找到任何实体", True, [], []),
    ("entity_lines", "没有从`米静`中找到任何关于`姓名,公司`的实体. ", True, [], []),
    ("entity_lines", "", True, [], [(None, "", "malformed")]),
    ("entity_lines", r"EntityText: 甲\n乙\\n" "\nEntityLabel: 姓名", True,
     [("name", "甲\n乙\\n")], []),
    ("entity_lines", "EntityText: \nEntityLabel: 姓名", True, [],
     [(None, "EntityText: \nEntityLabel: 姓名", "malformed")]),
    ("entity_lines", "EntityText: 甲\nEntityText: 乙\nEntityLabel: 公司", True,
     [("company", "乙")], [(None, "EntityText: 甲", "malformed")]),
    ("entity_lines", "EntityLabel: 公司\n实体如下", True, [],
     [(None, "EntityLabel: 公司", "malformed"), (None, "实体如下", "malformed")]),
    ("entity_lines", "EntityText: 上海\nEntityLabel: 地址", True, [],
     [("地址", "上海", "unknown_label")]),
    ("entity_lines", "EntityText: 甲\nEntityLabel: 姓名\nEntityText: 乙\nEntityLabel: 公", False,
     [("name", "甲")], [(None, "EntityText: 乙\nEntityLabel: 公", "malformed")]),
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
    text = "，".join(mention.surface for mention in mentions) or "，"
    mentions = stated(answer, mentions, text)
    decoded = answer.decode(answer.encode(mentions, LABELS, text), LABELS, complete=True)
    assert decoded.mentions == tuple(mentions)
    assert decoded.dropped == ()


@every_format
@given(st.lists(st.builds(Mention, st.sampled_from(NAMES), texts.filter(bool))))
def test_a_mention_is_what_stands_at_its_place(answer: Format, mentions: list[Mention]) -> None:
    """Read alone, that part of the completion says that mention and nothing else."""
    text = "，".join(mention.surface for mention in mentions) or "，"
    completion = answer.encode(stated(answer, mentions, text), LABELS, text)
    decoded = answer.decode(completion, LABELS, complete=True)
    assert len(decoded.places) == len(decoded.mentions)
    for mention, place in zip(decoded.mentions, decoded.places, strict=True):
        part = completion[slice(*place)]
        if answer is FORMATS["python_dict"]:  # which writes a label once for all its surfaces
            part = f"{{{written(mention)!r}: [{part}]}}"
        assert answer.decode(part, LABELS, complete=True).mentions == (mention,)


def written(mention: Mention) -> str:
    """Its label in completions."""
    return next(label.written for label in LABELS if label.name == mention.label)


# The pieces of answers, in any disorder, half a surrogate pair among them.
FRAGMENTS = ("{", "}", "[", "]", '"', ",", ":", "：", "\n", "label", "text", "姓名", "name", "甲",
             "\\ud800", "\\", "无", '{"label": "姓名", "text": "', '{"text": "甲", "label": "',
             "<姓名>", "</姓名>", "<", "'", "': ['", "EntityText: ", "EntityLabel: ",
             '{"entity_text": "', '", "entity_label": "', "没有找到任何实体",
)  # fmt: skip
# How each format says that there is nothing; with inline tags, any text without them does.
NOTHING = {"json": "[]", "lines": "无", "python_dict": "]", "inline_tags": "",
           "objects": "没有找到任何实体", "entity_lines": "没有",
           "surface_lines": "无"}  # fmt: skip
completions = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS)).map("".join))


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


@every_format
@given(texts_with_parts(), st.data())
def test_the_grammar_accepts_every_grounded_answer(
    answer: Format, case: tuple[str, list[str]], data: st.DataObject
) -> None:
    """Grounded and schema grammars take whatever encode writes for parts of the text."""
    text, parts = case
    labels = data.draw(st.lists(st.sampled_from(NAMES), min_size=len(parts), max_size=len(parts)))
    mentions = stated(answer, list(map(Mention, labels, parts)), text)
    completion = answer.encode(mentions, LABELS, text)
    assert accepts(answer.grammar(text, LABELS, "grounded"), completion)
    assert accepts(answer.grammar(text, LABELS, "schema"), completion)


@every_format
@given(texts.filter(bool), texts.filter(bool))
def test_the_grammar_refuses_what_is_not_in_the_text(
    answer: Format, text: str, surface: str
) -> None:
    """The grounded grammar takes a surface exactly if it stands in the text."""
    around = text if surface in text else surface
    completion = answer.encode([Mention("name", surface)], LABELS, around)
    assert accepts(answer.grammar(text, LABELS, "grounded"), completion) == (surface in text)


@pytest.mark.parametrize(
    ("name", "completion"),
    [
        ("lines", "姓名："), ("lines", "地址：甲"), ("lines", ""), ("lines", "姓名：甲\n"),
        ("lines", "无\n姓名：甲"),
        ("surface_lines", "：姓名"), ("surface_lines", "甲：地址"), ("surface_lines", ""),
        ("surface_lines", "甲：姓名\n"), ("surface_lines", "甲"),
        ("json", '[{"label": "姓名", "text": ""}]'), ("json", ""), ("json", "[]]"),
        ("json", '[{"label": "地址", "text": "甲"}]'),
        ("python_dict", ""), ("python_dict", "{'姓名': []}"), ("python_dict", "{}"),
        ("python_dict", "{'姓名': [''], '公司': [], 'a \"b\\\\': []}"),
        ("inline_tags", ""), ("inline_tags", "<姓名></姓名>甲"), ("inline_tags", "<地址>甲</地址>"),
        ("inline_tags", "<姓名>甲"), ("inline_tags", "甲</姓名>"),
        ("inline_tags", "<姓名>甲</公司>"), ("inline_tags", "<姓名><公司>甲</公司></姓名>"),
        ("objects", ""), ("objects", '{"entity_text": "", "entity_label": "姓名"}'),
        ("objects", '{"entity_text": "甲", "entity_label": "地址"}'),
        ("objects", '没有找到任何实体{"entity_text": "甲", "entity_label": "姓名"}'),
        ("entity_lines", ""), ("entity_lines", "EntityText: 甲"),
        ("entity_lines", "EntityText: \nEntityLabel: 姓名"),
        ("entity_lines", "EntityText: 甲\nEntityLabel: 地址"),
        ("entity_lines", "EntityText: 甲\nEntityLabel: 姓名\n"),
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
    completion = answer.encode([mention], [label], text)
    assert answer.decode(completion, [label], complete=True).mentions == (mention,)
    for constraint in CONSTRAINTS:
        assert accepts(answer.grammar(text, [label], constraint), completion)


@every_format
def test_no_constraint_is_no_grammar(answer: Format) -> None:
    """``none`` leaves the engine free."""
    assert answer.grammar("甲", LABELS, "none") is None


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        *((name, ["a：b", "a\nb", "a\rb"]) for name in ("lines", "surface_lines")),
        ("inline_tags", ["a<b", "a>b", "/a", "\\a", "a\nb"]),
        ("entity_lines", ["a\nb", "a\rb"]),
        *((name, []) for name in ("json", "objects", "python_dict")),
    ],
)
def test_a_label_that_cannot_be_written_is_refused(name: str, refused: list[str]) -> None:
    """The marks of the format inside a label; JSON and Python can write anything."""
    written = ["a：b", "a\nb", "a\rb", "a<b", "a>b", "/a", "\\a", "a b", "属于人名类实体有?"]
    assert [label for label in written if FORMATS[name].refuse_label(label)] == [
        label for label in written if label in refused
    ]


@pytest.mark.parametrize(
    "unit",
    ["{", '{"', '"\\', '{"a":', '{"\\"', "[" * 3, "：\n", "{}", "\\", '{"label"', '"\\{"label"',
     "{'", "'", "' ", "\\'", "'],", "<", "<a", "<a>", "</a>", "<\\", "EntityText: a\n",
     '{"entity_text"', "{'a", '{"a', "<甲", "甲", "{' \n", "\\\\", " "],
)  # fmt: skip
@every_format
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


def test_json_is_the_reference_systems() -> None:
    """The very bytes that its adapters were trained on."""
    written = FORMATS["json"].encode([Mention("name", "叶老桂")], [Label("name", "name")])
    assert written == '[{"label": "name", "text": "叶老桂"}]'
    assert json.loads(written) == [{"label": "name", "text": "叶老桂"}]


def test_the_others_are_their_recipes() -> None:
    """Byte for byte what LLM-NER (both), LLM-Finetune and chinese_ner_sft train on."""
    labels = [Label("name", "属于人名类实体有?"), Label("scene", "属于景点类实体有?")]
    mentions = [Mention("name", "叶老桂")]
    written = FORMATS["python_dict"].encode(mentions, labels)
    assert written == "{'属于人名类实体有?': ['叶老桂'], '属于景点类实体有?': []}"
    labels = [Label("name", "name")]
    tagged = FORMATS["inline_tags"].encode(mentions, labels, "说是叶老桂博士")
    assert tagged == "说是<name>叶老桂</name>博士"
    objects = FORMATS["objects"].encode(mentions * 2, labels)
    assert objects == '{"entity_text": "叶老桂", "entity_label": "name"}' * 2
    lines = FORMATS["entity_lines"].encode(mentions, labels)
    assert lines == "EntityText: 叶老桂\nEntityLabel: name"


def test_tags_need_the_text_and_its_order() -> None:
    """What cannot be tagged is no answer, rather than a wrong one."""
    answer, mention = FORMATS["inline_tags"], Mention("name", "甲")
    with pytest.raises(ValueError, match="repeats the text"):
        answer.encode([mention], LABELS)
    with pytest.raises(ValueError, match="'甲' does not follow"):
        answer.encode([mention, mention], LABELS, "甲乙")
