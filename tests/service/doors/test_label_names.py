"""What labels are called at the doors: our table, and an operator's laid over it."""

from pathlib import Path

import pytest

from service.doors.label_names import LabelNamesError, load
from tests.conftest import ADAPTER, MANIFEST, running
from tests.support.fake_engine import completes
from tests.support.scoring import surely


def test_a_label_that_is_not_listed() -> None:
    """The original's word for others, the label's own name, or left out."""
    names = load(None)
    assert names["comprehend"].of("dish") == "OTHER"
    assert names["comprehend_endpoint"].of("dish") == "dish"
    assert names["comprehend_endpoint"].of("name") == "PERSON"
    assert names["azure"].of("dish") == "dish"
    assert names["presidio"].of("dish") == "DISH"
    assert names["comprehend_pii"].of("dish") is None


def test_an_operators_table(adapters: Path, tmp_path: Path) -> None:
    """Changes what it names, and leaves the rest."""
    path = tmp_path / "names.toml"
    path.write_text('[comprehend]\nname = "CHARACTER"\n[presidio]\n"*" = ""\nname = ""\n')
    with running(adapters, label_names=path) as gateway:
        gateway.engine.script = surely("公司：浙商银行\n姓名：叶老桂")
        headers = {"x-amz-target": "Comprehend_20171127.DetectEntities"}
        body = {"Text": "浙商银行的叶老桂", "LanguageCode": "zh"}
        found = gateway.client.post("/", json=body, headers=headers).json()["Entities"]
        assert [one["Type"] for one in found] == ["ORGANIZATION", "CHARACTER"]
        assert gateway.client.get("/supportedentities").json() == ["ORGANIZATION"]


def test_the_names_of_an_endpoint(adapters: Path, tmp_path: Path) -> None:
    """An operator's for all of the service hold there, too, beneath those for endpoints."""
    path = tmp_path / "names.toml"
    path.write_text('[comprehend]\nname = "HERO"\n[comprehend_endpoint]\ncompany = "BANK"\n')
    arn = f"arn:aws:comprehend:eu-central-1:1:entity-recognizer-endpoint/{ADAPTER}"
    with running(adapters, label_names=path) as gateway:
        gateway.engine.script = surely("公司：浙商银行\n姓名：叶老桂")
        headers = {"x-amz-target": "Comprehend_20171127.DetectEntities"}
        for asked, types in (
            ({"EndpointArn": arn}, ["BANK", "HERO"]),
            ({"LanguageCode": "zh"}, ["ORGANIZATION", "HERO"]),
        ):
            body = {"Text": "浙商银行的叶老桂", **asked}
            found = gateway.client.post("/", json=body, headers=headers).json()["Entities"]
            assert [one["Type"] for one in found] == types


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[comprehent]\n", "comprehent is no door; expected one of comprehend"),
        ("comprehend = 1\n", "comprehend = 1; expected a table"),
        ("[comprehend]\nname = 1\n", "expected a table of label = name"),
        ("[", "is not TOML"),
        (
            '[comprehend]\nname = "{lable}"\n',
            r"comprehend.name = '{lable}'; expected {label} or {LABEL}, not {lable} \(did you mean",
        ),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path: Path, text: str, says: str) -> None:
    """Said at the start, with the file and the place."""
    path = tmp_path / "names.toml"
    path.write_text(text)
    with pytest.raises(LabelNamesError, match=says) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_model_without_a_personal_label(adapters: Path, tmp_path: Path) -> None:
    """Refused with what to do, before the engine is asked."""
    path = tmp_path / "names.toml"
    path.write_text('[comprehend_pii]\nname = ""\n')
    with running(adapters, label_names=path) as gateway:
        headers = {"x-amz-target": "Comprehend_20171127.DetectPiiEntities"}
        body = {"Text": "叶老桂", "LanguageCode": "zh"}
        answer = gateway.client.post("/", json=body, headers=headers)
        assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidRequestException")
        assert "NERVE_LABEL_NAMES" in answer.json()["message"]
        assert gateway.engine.asked == []


def test_a_model_with_more_labels_than_a_request_may_name(tmp_path: Path) -> None:
    """They are its own: here, and at Label Studio's back end."""
    names = [f"label{number}" for number in range(101)]
    (tmp_path / ADAPTER).mkdir()
    labels = "".join(f'[[labels]]\nname = "{name}"\n' for name in names)
    (tmp_path / ADAPTER / "adapter.toml").write_text(f"{MANIFEST}\n{labels}", encoding="utf-8")
    (tmp_path / "registry.toml").write_text(f'default = "{ADAPTER}"\n')
    theirs = tmp_path / "names.toml"
    theirs.write_text('[presidio]\nname = ""\n')
    with running(tmp_path, label_names=theirs) as gateway:
        gateway.engine.script = completes("label7：甲")
        (found,) = gateway.client.post("/analyze", json={"text": "甲", "language": "zh"}).json()
        assert found["entity_type"] == "LABEL7"
        rows = "".join(f'<Label value="{name}"/>' for name in names)
        config = (
            f'<View><Labels name="l" toName="t">{rows}</Labels><Text name="t" value="$t"/></View>'
        )
        body = {"tasks": [{"data": {"t": "甲"}}], "label_config": config}
        (task,) = gateway.client.post("/label-studio/predict", json=body).json()["results"]
        assert [one["value"]["labels"] for one in task["result"]] == [["label7"]]
