"""From a text and its labels to the chat messages. The trainer renders its rows here too.

The constant part (task, labels) stands in the system message, so the engine's prefix cache shares
it between requests; the user message holds the text and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypedDict

from service.ner.control_tokens import disarm
from service.ner.types import Label

# What the chat template is told beside the messages, by the engine and by the trainer alike.
# Qwen3's would leave room for a thought before the answer; others ignore a word they do not know.
TEMPLATE_ARGUMENTS: Mapping[str, bool] = MappingProxyType({"enable_thinking": False})

_PLACE = re.compile(r"\{(labels|described|text)\}")


class Message(TypedDict):
    """One chat message."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Template:
    """The two messages, with places: ``{labels}`` the written forms in one line, ``{described}``
    one line a label with its description, ``{text}`` the text. No system message if it is empty.
    """

    system: str
    user: str = "{text}"


@dataclass(frozen=True, slots=True)
class Example:
    """A text and the answer that the model should have given, in its format."""

    text: str
    completion: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """``messages`` for the engine; ``text`` as it stands in them, as long as the original text."""

    messages: tuple[Message, ...]
    text: str


BUILT_IN: Mapping[str, Template] = MappingProxyType(
    {
        # For adapters: as short as it can be, since tuning tells the rest.
        "zh-lines-1": Template(
            "找出文中的实体，每行写“类别：实体”，没有则写“无”。\n类别：{labels}"
        ),
        # For a base model: everything has to be said.
        "open-json-1": Template(
            "You extract named entities. Labels:\n{described}\n"
            "Answer with a JSON list, one item for each entity, in the order of the text: "
            '[{"label": "<one of the labels>", "text": "<copied from the text, unchanged>"}]. '
            "Copy the shortest complete name. If there is no such entity, answer []."
        ),
    }
)


def render(
    template: Template,
    labels: Sequence[Label],
    text: str,
    added_tokens: Sequence[str],
    examples: Sequence[Example] = (),
) -> Prompt:
    """Fill the template; control tokens in ``text`` and in the labels are disarmed.

    ``examples`` become turns of the chat before the text, each rendered as a text is.
    """
    guarded = disarm(text, added_tokens)
    places = {
        "labels": disarm("、".join(label.written for label in labels), added_tokens),
        "described": disarm("\n".join(_described(label) for label in labels), added_tokens),
        "text": guarded,
    }
    # Once more as a whole: a token may begin in the template and end in the text.
    system = disarm(_filled(template.system, places), added_tokens)
    user = disarm(_filled(template.user, places), added_tokens)
    messages: list[Message] = [{"role": "system", "content": system}] if system else []
    for example in examples:
        shown = {**places, "text": disarm(example.text, added_tokens)}
        asked = disarm(_filled(template.user, shown), added_tokens)
        messages.append({"role": "user", "content": asked})
        answered = disarm(example.completion, added_tokens)
        messages.append({"role": "assistant", "content": answered})
    messages.append({"role": "user", "content": user})
    return Prompt(tuple(messages), guarded)


def _described(label: Label) -> str:
    return f"- {label.written}: {label.description}" if label.description else f"- {label.written}"


def _filled(pattern: str, places: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: places[match.group(1)], pattern)
