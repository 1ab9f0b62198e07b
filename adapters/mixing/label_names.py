"""How the labels of a step are written, so that names, ids and descriptions are all read.

=============  =====================================================================================
``described``  the natural name, its case varied now and then, and the description
``plain``      the natural name alone
``partly``     the natural name, every second label or so with its description
``id``         the id of the source (often in another language, or a short one) and the description
``opaque``     a name that says nothing, such as ``T3`` or ``类别A``: only the description tells
=============  =====================================================================================
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from adapters.recipe_tables import Style
from service.ner.formats import Format
from service.ner.types import Label, refuse_written

_CODES = {"zh": ("类别{}", "类型{}", "标签{}", "T{}"), "en": ("T{}", "label {}", "Type {}", "E{}")}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OTHER_CASE = 0.25


def write(
    labels: Sequence[Label], style: Style, language: str, format: Format, rng: random.Random
) -> tuple[Label, ...]:
    """``labels`` as ``style`` writes them; as ``described`` where the style cannot."""
    written = _written(labels, style, language, rng)
    return written if _can_be_asked(written, style, format) else tuple(labels)


def _written(
    labels: Sequence[Label], style: Style, language: str, rng: random.Random
) -> tuple[Label, ...]:
    if style == "id":
        return tuple(replace(label, written=label.name) for label in labels)
    if style == "opaque":
        codes = _codes(len(labels), language, rng)
        pairs = zip(labels, codes, strict=True)
        return tuple(replace(label, written=code) for label, code in pairs)
    if language == "en" and rng.random() < _OTHER_CASE:
        change = rng.choice((str.title, str.upper, _snake, _upper_snake))
        labels = [replace(label, written=change(label.written)) for label in labels]
    if style == "plain":
        return tuple(replace(label, description="") for label in labels)
    if style == "partly":
        return tuple(replace(one, description="") if rng.random() < 0.5 else one for one in labels)
    return tuple(labels)


def _codes(count: int, language: str, rng: random.Random) -> list[str]:
    pattern = rng.choice(_CODES.get(language, _CODES["en"]))
    lettered = rng.random() < 0.5 and count <= len(_LETTERS)
    codes = list(_LETTERS[:count]) if lettered else [str(n) for n in range(1, count + 1)]
    return [pattern.format(one) for one in rng.sample(codes, count)]


def _snake(name: str) -> str:
    return name.replace(" ", "_")


def _upper_snake(name: str) -> str:
    return _snake(name).upper()


def _can_be_asked(labels: Sequence[Label], style: Style, format: Format) -> bool:
    """No name twice, whatever its case; each as prompt and completion can carry it."""
    names = [label.written for label in labels]
    told = style not in ("id", "opaque") or all(label.description for label in labels)
    carried = not any(refuse_written(name) or format.refuse_label(name) for name in names)
    return told and carried and len({name.casefold() for name in names}) == len(names)
