"""Label Studio's routes: what is refused, and what is not kept of a request."""

import json

import pytest

from tests.conftest import Gateway, error_of
from tests.support.fake_engine import finds
from tests.support.held_memory import held
from tests.support.label_studio_requests import CONFIG, predict, set_up


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"label_config": CONFIG}, "tasks"),
        ({"tasks": {}, "label_config": CONFIG}, "tasks"),
        ({"tasks": [3], "label_config": CONFIG}, "tasks[0].data"),
        ({"tasks": [{"data": []}], "label_config": CONFIG}, "tasks[0].data"),
        ({"tasks": []}, "label_config"),
        ({"tasks": [{}] * 10_001, "label_config": CONFIG}, "tasks"),
        *(
            (
                {"tasks": [], "label_config": CONFIG.replace(short, short + "x" * 257)},
                "label_config",
            )
            for short in ("$text", "company", 'name="label')
        ),
    ],
)
def test_what_is_no_request_of_label_studio(
    gateway: Gateway, body: dict[str, object], param: str
) -> None:
    """422 with the field."""
    answer = gateway.client.post("/label-studio/predict", json=body)
    assert (answer.status_code, error_of(answer)["param"]) == (422, param)


def test_tasks_without_texts_are_not_kept_as_errors(gateway: Gateway) -> None:
    """Each of a task's twenty was: a thousand times its bytes, while the engine worked on the
    first. The first text that a task lacks is its error."""
    names = ",".join(f"t{n}" for n in range(20))
    texts = "".join(f'<Text name="t{n}" value="${"k" * 250}{n}"/>' for n in range(20))
    labels = f'<Labels name="label" toName="{names}"><Label value="name"/></Labels>'
    config = f"<View>{labels}{texts}</View>"
    whole = {f"{'k' * 250}{n}": "叶老桂" for n in range(20)}
    tasks: list[object] = [{"data": whole}, *({"data": {}} for _ in range(5000))]
    raw = json.dumps({"label_config": config, "tasks": tasks}).encode()
    answer, times = held(gateway, finds("叶老桂"), "/label-studio/predict", raw)
    first, *others = answer.json()["results"]
    assert len(first["result"]) == 20
    assert {one["error"]["message"].split(";")[0] for one in others} == {
        f"tasks[{n}].data.{'k' * 64} has null" for n in range(1, 5001)
    }
    assert times < 20


def test_tasks_without_entities_are_not_kept_as_predictions(gateway: Gateway) -> None:
    """Thirty times their bytes, while the engine worked on the last."""
    tasks = [*({"data": {"text": ""}} for _ in range(5000)), {"data": {"text": "叶老桂"}}]
    raw = json.dumps({"label_config": CONFIG, "tasks": tasks}).encode()
    answer, times = held(gateway, finds("叶老桂"), "/label-studio/predict", raw)
    assert [len(one["result"]) for one in answer.json()["results"][-2:]] == [0, 1]
    assert times < 15


def test_a_task_without_one_of_its_texts_is_not_extracted(gateway: Gateway) -> None:
    """It has no prediction whatever is found in the others."""
    config = CONFIG.replace('"text"', '"text,title"', 1)
    config = config.replace("</View>", '<Text name="title" value="$title"/></View>')
    assert predict(gateway, "叶老桂", config=config).status_code == 422
    assert gateway.engine.asked == []


def test_what_is_not_read_of_a_config_may_be_long(gateway: Gateway) -> None:
    """Instructions for people, and other tools' labels."""
    more = f'<Text name="help" value="{"Read the guide. " * 20}"/>'
    more += f'<RectangleLabels><Label value="{"x" * 300}"/></RectangleLabels>'
    assert set_up(gateway, CONFIG.replace("</View>", f"{more}</View>")).status_code == 200
