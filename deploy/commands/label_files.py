"""Files that say which labels: our own forms, and Label Studio's labelling config."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.ner.types import Label


def labels_of(path: Path) -> tuple["Label", ...]:
    """The labels of a file of labels, or of a labelling config (``.xml``), where a label's hint
    describes it, as it does for predictions. Raises DataError."""
    from adapters.data.label_file import read_labels

    return _of_config(path) if path.suffix == ".xml" else read_labels(path)[1]


def _of_config(path: Path) -> tuple["Label", ...]:
    from adapters.data.readers import DataError
    from service.ner.types import Label
    from service.wire import label_config

    try:
        fields = label_config.read(path.read_text(encoding="utf-8"))
    except label_config.ConfigError as exc:
        raise DataError(f"{path} {exc}") from exc
    except (OSError, ValueError) as exc:
        raise DataError(f"{path}: {exc}") from exc
    hints = {name: one.hint for field in fields for name, one in field.labels.items()}
    return tuple(Label(name, name, hint) for name, hint in hints.items())
