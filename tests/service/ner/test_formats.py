"""Answer formats: tables that a linguist can read, and properties that hold for every text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ner.formats import FORMATS, Format
from service.ner.types import Label, Mention
from tests.service.ner.format_cases import LABELS, NAMES, every_format, stated, written
from tests.service.ner.strings import texts

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
    ("json", '{"label": "姓名", "text": "甲", "text": "乙"}', True, [],
     [(None, '{"label": "姓名", "text": "甲", "text": "乙"}', "malformed")]),
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
