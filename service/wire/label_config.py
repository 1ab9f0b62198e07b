"""Label Studio's labelling config, as far as it says what may be labelled in a text.

<View>
  <Labels name="label" toName="text">
    <Label value="company" hint="a business, by its name"/>
  </Labels>
  <Text name="text" value="$text"/>
</View>
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

# More than people label with, and few enough that no config takes time.
MOST_TEXTS = 20
MOST_LABELS = 1000
# Names are said again for each task, and for each entity of it.
LONGEST_NAME = 256
_LONGEST = dict.fromkeys(("name", "value", "alias"), LONGEST_NAME) | {
    "toName": MOST_TEXTS * (LONGEST_NAME + 1)
}
_DEEPEST = 100


class ConfigError(ValueError):
    """What is wrong with a config, as the end of a sentence about it."""


@dataclass(frozen=True, slots=True)
class LabelOfConfig:
    """A ``Label``: the name of the ``Labels`` that it stands in, and its hint, empty if none."""

    control: str
    hint: str


@dataclass(frozen=True, slots=True)
class TextField:
    """A ``Text`` of the config: ``key`` is where a task's data has it, dots leading further in;
    ``labels`` may be found in it, by name."""

    name: str
    key: str
    labels: Mapping[str, LabelOfConfig]

    def of(self, data: Mapping[str, object]) -> object:
        """What a task has there; None if nothing."""
        if self.key in data:
            return data[self.key]
        value: object = data
        for part in self.key.split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)
        return value


def read(config: object) -> list[TextField]:
    """The texts that have labels; raises ConfigError when there is none, and for what is no
    XML or has a document type, whose entities could grow without bound."""
    if not isinstance(config, str):
        _refuse("is no string")
    reading = _Reading()
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = lambda *_: _refuse("has a document type")
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    try:
        parser.Parse(config.encode("utf-8", "replace"), True)
    except expat.ExpatError as exc:
        _refuse(f"is not XML: {exc}")
    found = reading.found()
    if not found:
        _refuse("has no Labels with a Label, for a Text whose value is $ and a field of the task")
    return found


@dataclass(slots=True)
class _Reading:
    """``controls``: the name of a Labels and that of the object it is for; ``inside``: the names of
    the Labels around the element that is being read, which is ``depth`` elements in."""

    keys: dict[str, str] = field(default_factory=dict)
    controls: dict[str, str] = field(default_factory=dict)
    labels: list[tuple[str, LabelOfConfig]] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    depth: int = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            _refuse(f"is nested deeper than {_DEEPEST} elements")
        name = attributes.get("name", "")
        if tag == "Text" and attributes.get("value", "").startswith("$"):
            _check_lengths(tag, attributes)
            if attributes.get("valueType") == "url":
                _refuse(f"has valueType url at the Text {name}: nothing is fetched from there")
            self.keys[name] = attributes["value"][1:]
            if len(self.keys) > MOST_TEXTS:
                _refuse(f"has more than {MOST_TEXTS} Texts")
        elif tag == "Labels":
            _check_lengths(tag, attributes)
            self.controls[name] = attributes.get("toName", "")
            self.inside.append(name)
            if len(self.controls) > MOST_LABELS:
                _refuse(f"has more than {MOST_LABELS} Labels")
        elif tag == "Label" and self.inside:
            _check_lengths(tag, attributes)
            label = attributes.get("alias") or attributes.get("value", "")
            hint = attributes.get("hint", "")
            self.labels.append((label, LabelOfConfig(self.inside[-1], hint)))
            if len(self.labels) > MOST_LABELS:
                _refuse(f"has more than {MOST_LABELS} Labels")

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag == "Labels":
            self.inside.pop()

    def found(self) -> list[TextField]:
        """The texts; a label that several of them have is kept, and counts, once for each."""
        targets = {n: self.keys.keys() & to.split(",") for n, to in self.controls.items()}
        if sum(len(targets[one.control]) for _, one in self.labels) > MOST_LABELS:
            _refuse(f"has more than {MOST_LABELS} Labels, each counted for each of its Texts")
        fields = [
            TextField(name, key, {n: one for n, one in self.labels if name in targets[one.control]})
            for name, key in self.keys.items()
        ]
        return [one for one in fields if one.labels]


def _check_lengths(tag: str, attributes: Mapping[str, str]) -> None:
    for name, longest in _LONGEST.items():
        if len(attributes.get(name, "")) > longest:
            _refuse(f"has a {name} of more than {longest} characters at a {tag}")


def _refuse(what: str) -> NoReturn:
    raise ConfigError(f"{what}; expected a labelling config with Labels for a Text")
