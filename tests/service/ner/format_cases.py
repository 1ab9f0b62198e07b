"""What the tests of answer formats share: labels, completions in pieces, what a format can say."""

import pytest
from hypothesis import strategies as st

from service.ner.formats import FORMATS, Format
from service.ner.types import Label, Mention

LABELS = (Label("name", "姓名"), Label("company", "公司"), Label("odd", 'a "b\\'))
NAMES = [label.name for label in LABELS]

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
