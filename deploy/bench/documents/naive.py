"""The set-up that everybody writes first: a long prompt in the user's turn, JSON answers, a schema.

The labels are those of the adapter that it is compared with.
"""

import json
from collections.abc import Sequence
from typing import Any

from service.ner.types import Entity, Label

MAX_TOKENS = 512

_PROMPT = """你是一个专业的命名实体识别助手。请从给定的句子中识别并提取出以下指定类别的实体。

实体类别：
{labels}

要求：
1. 只提取句子中实际出现的实体，不要编造，不要改写原文。
2. 每个实体给出类别和原文文本，类别必须是上面列出的类别之一。
3. 同一个实体只输出一次，按照在句子中出现的先后顺序输出。
4. 以JSON数组格式输出，数组中的每个元素是一个对象，包含"label"和"text"两个字段。
5. 如果没有任何实体，输出空数组[]。
6. 只输出JSON，不要输出任何解释或其他内容。

输出格式示例：
[{"label": "类别", "text": "实体文本"}, {"label": "类别", "text": "实体文本"}]

句子：
{text}"""


def messages(text: str, labels: Sequence[Label]) -> list[dict[str, str]]:
    """One turn of the user, with everything in it."""
    listed = "\n".join(f"- {label.written}: 句子中出现的{label.written}" for label in labels)
    content = _PROMPT.replace("{labels}", listed).replace("{text}", text)
    return [{"role": "user", "content": content}]


def schema(labels: Sequence[Label]) -> dict[str, Any]:
    """The ``response_format`` of a list of objects with a label of ``labels`` and a text."""
    item = {
        "type": "object",
        "properties": {
            "label": {"type": "string", "enum": [label.written for label in labels]},
            "text": {"type": "string"},
        },
        "required": ["label", "text"],
        "additionalProperties": False,
    }
    named = {"name": "entities", "schema": {"type": "array", "items": item}}
    return {"type": "json_schema", "json_schema": named}


def dictated(text: str, entities: Sequence[Entity], labels: Sequence[Label]) -> str:
    """These entities, as this set-up would write them: the one answer that is to be allowed.

    The engine has to generate it token by token as any other: what it costs to say the same in
    JSON, whatever the model was trained for.
    """
    written = {label.name: label.written for label in labels}
    found = dict.fromkeys((written[e.label], text[e.start : e.end]) for e in entities)
    items = [{"label": label, "text": surface} for label, surface in found]
    return json.dumps(items, ensure_ascii=False)
