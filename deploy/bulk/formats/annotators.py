"""Rows for people who label: tasks of Label Studio, lines of doccano; offsets in code points."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO
from xml.sax.saxutils import quoteattr

from service.wire.label_studio import Prediction, Region, RegionValue
from service.wire.lines import json_line

# As in ``label_config``.
CONTROL, OBJECT = "label", "text"


def write_label_studio(answers: Iterable[Mapping[str, Any]], file: TextIO) -> None:
    """A JSON list of tasks, each with its answer as a prediction, to be imported; a task is in
    memory at a time."""
    between = "["
    for answer in answers:
        task = json.dumps(_task(answer), ensure_ascii=False, indent=1)
        file.write(between + "\n " + task.replace("\n", "\n "))
        between = ","
    file.write("[]\n" if between == "[" else "\n]\n")


def write_doccano(answers: Iterable[Mapping[str, Any]], file: TextIO) -> None:
    """Sequence labelling as JSONL: ``{"text", "label": [[start, end, label], …]}``."""
    for answer in answers:
        labels = [[one["start"], one["end"], one["label"]] for one in answer["entities"]]
        row = {"text": answer["text"], "label": labels, **_head(answer)}
        file.write(json_line(row).decode() + "\n")


def label_config(labels: Mapping[str, str]) -> str:
    """A labelling config for those tasks; ``labels`` by name, with their hints, empty for none."""
    inside = "".join(
        f"<Label value={quoteattr(name)}{f' hint={quoteattr(hint)}' if hint else ''}/>"
        for name, hint in labels.items()
    )
    shown = f'<Text name="{OBJECT}" value="$text"/>'
    return f'<View><Labels name="{CONTROL}" toName="{OBJECT}">{inside}</Labels>{shown}</View>'


def _head(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in ("row", "id") if answer.get(name) is not None}


def _task(answer: Mapping[str, Any]) -> dict[str, Any]:
    regions = [_region(place, one) for place, one in enumerate(answer["entities"])]
    prediction = Prediction.of(regions, answer.get("model", "nerve"))
    data = {"text": answer["text"], **_head(answer)}
    return {"data": data, "predictions": [prediction.model_dump()]}


def _region(place: int, entity: Mapping[str, Any]) -> Region:
    names = {"id": f"{OBJECT}-{place}", "from_name": CONTROL, "to_name": OBJECT}
    value = RegionValue(
        start=entity["start"], end=entity["end"], text=entity["text"], labels=[entity["label"]]
    )
    return Region(**names, value=value, score=entity.get("score"))
