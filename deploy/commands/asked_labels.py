"""Labels that a person asks for: ``--label``, or ``--labels`` with a file of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from deploy.commands.running import tell

if TYPE_CHECKING:
    from service.ner.types import Label


def asked_labels(label: Sequence[str] | None, file: Path | None) -> tuple["Label", ...]:
    """What ``--label`` and ``--labels`` say, none for all of the model's; raises DataError."""
    from service.ner.types import Label

    if file is None:
        parts = [one.partition("=") for one in label or ()]
        _refuse_twice([name for name, _, _ in parts])
        return tuple(Label(name, name, said) for name, _, said in parts)
    if label:
        raise typer.BadParameter("--label and --labels: expected one of them")
    return labels_of(file)


def _refuse_twice(names: Sequence[str]) -> None:
    """Raises BadParameter: of two descriptions one would be lost."""
    from service.wire.wording import shown

    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise typer.BadParameter(f"--label has {shown(double)} twice; expected it once")


def labels_of(path: Path) -> tuple["Label", ...]:
    """The labels of a file of labels, or of a labelling config (``.xml``), where a label's hint
    describes it, as it does for predictions. Raises DataError."""
    from adapters.data.label_file import read_labels

    found = _of_config(path) if path.suffix.lower() == ".xml" else read_labels(path)[1]
    _tell_encoding(path)
    return found


def _tell_encoding(path: Path) -> None:
    """Of a short file another one may be as likely."""
    from adapters.data.encoding import encoding_of, shown

    with path.open("rb") as file:
        encoding = encoding_of(file)
    if encoding not in ("utf-8", "utf-8-sig"):
        tell(f"{path}: read as {shown(encoding)}, as its bytes tell")


def _of_config(path: Path) -> tuple["Label", ...]:
    from adapters.data.label_file import text_in
    from adapters.data.readers import DataError
    from service.ner.types import Label
    from service.wire import label_config

    try:
        fields = label_config.read(text_in(path))
    except label_config.ConfigError as exc:
        raise DataError(f"{path} {exc}") from exc
    hints = {name: one.hint for field in fields for name, one in field.labels.items()}
    return tuple(Label(name, name, hint) for name, hint in hints.items())
