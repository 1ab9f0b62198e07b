"""Grammars of answer formats: what they take, what they refuse, which labels they can say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.formats import FORMATS, Format
from service.ner.types import Constraint, Label, Mention, refuse_written
from tests.service.ner.format_cases import LABELS, NAMES, every_format, stated
from tests.service.ner.grammars import accepts
from tests.service.ner.strings import texts, texts_with_parts

CONSTRAINTS: tuple[Constraint, ...] = ("grounded", "schema")


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
