"""What Label Studio 1.23.2 sends to an ML back end."""

from typing import Any

import httpx2

from tests.conftest import Gateway

CONFIG = """<View>
  <Labels name="label" toName="text">
    <Label value="company" background="#3366cc"/>
    <Label value="name" background="#dc3912"/>
  </Labels>
  <Text name="text" value="$text"/>
</View>"""


def task(text: object, number: int = 4) -> dict[str, Any]:
    """A task."""
    return {
        "id": number,
        "data": {"text": text},
        "meta": {},
        "created_at": "2026-11-28T22:31:10.182341Z",
        "updated_at": "2026-11-28T22:31:10.182353Z",
        "is_labeled": False,
        "overlap": 1,
        "inner_id": 1,
        "total_annotations": 0,
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "comment_count": 0,
        "unresolved_comment_count": 0,
        "last_comment_updated_at": None,
        "project": 2,
        "updated_by": None,
        "file_upload": None,
        "comment_authors": [],
        "annotations": [],
        "predictions": [],
    }


def predict(
    gateway: Gateway, *texts: object, config: str = CONFIG, model: str = ""
) -> httpx2.Response:
    """What "Retrieve predictions" sends."""
    body = {
        "tasks": [task(text, number) for number, text in enumerate(texts, 4)],
        "project": "2.1795905070",
        "label_config": config,
        "params": {"login": None, "password": None, "context": None},
    }
    return gateway.client.post(f"/label-studio{model}/predict", json=body)


def set_up(gateway: Gateway, config: str = CONFIG, model: str = "") -> httpx2.Response:
    """What connecting sends."""
    body = {
        "project": "2.1795905070",
        "schema": config,
        "hostname": "http://localhost:8080",
        "access_token": "0123456789abcdef",
        "extra_params": None,
    }
    return gateway.client.post(f"/label-studio{model}/setup", json=body)


def config_of(*labels: str) -> str:
    """A config with other labels."""
    written = "".join(f"<Label {label}/>" for label in labels)
    start, _, rest = CONFIG.partition('toName="text">')
    return f'{start}toName="text">{written}{rest[rest.index("</Labels>") :]}'
