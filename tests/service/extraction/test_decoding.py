"""What an adapter's manifest says of decoding, over HTTP: of requests that do not say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ADAPTER, BASE, Gateway, error_of, running
from tests.support.fake_engine import IM_END, completes
from tests.support.scoring import calibrated_adapters, surely
from tests.support.streaming import Words

TEXT = "浙商银行的叶老桂"
SURELY = surely("公司：浙商银行\n姓名：叶老桂", {"浙": 0.4})
NOTHING = ord("无")


@pytest.fixture(scope="module")
def shared_decoding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose adapter has a bias and a threshold of its own."""
    folder = calibrated_adapters(tmp_path_factory.mktemp("adapters"))
    manifest = folder / ADAPTER / "adapter.toml"
    with manifest.open("a", encoding="utf-8") as file:
        file.write('\n[decoding]\nend_bias = -0.5\nmin_score = 0.45\ntitles = ["name"]\n')
    with running(folder) as gateway:
        yield gateway


@pytest.fixture
def decoding(shared_decoding: Gateway) -> Gateway:
    """It, its engine as new and less sure of one mention."""
    shared_decoding.engine.reset()
    shared_decoding.engine.script = SURELY
    return shared_decoding


def asked(gateway: Gateway, **fields: object) -> Any:
    """The bias that the engine was asked for."""
    gateway.extract(TEXT, **fields).raise_for_status()
    return gateway.engine.asked[-1].get("logit_bias")


def found(gateway: Gateway, path: str = "/extract", **fields: object) -> list[str]:
    """The surfaces in the answer."""
    answer = gateway.client.post(path, json={"text": TEXT, **fields}).raise_for_status().json()
    return [entity["text"] for entity in answer["entities"]]


def test_the_bias_goes_to_what_ends_an_answer(decoding: Gateway) -> None:
    """The token behind an answer, and the first that says that there is nothing."""
    assert asked(decoding) == {str(NOTHING): -0.5, str(IM_END): -0.5}


def test_a_request_has_its_own(decoding: Gateway) -> None:
    """0 is none, and the engine hears nothing of it."""
    assert asked(decoding, end_bias=1.5) == {str(NOTHING): 1.5, str(IM_END): 1.5}
    assert asked(decoding, end_bias=0) is None
    assert asked(decoding, model=BASE) is None


def test_the_engine_is_asked_once_for_its_tokens(decoding: Gateway) -> None:
    """They do not change."""
    for _ in range(3):
        asked(decoding)
    assert sum(seen.path == "/tokenize" for seen in decoding.engine.seen) <= 2


def test_a_bias_without_effect_is_refused(decoding: Gateway) -> None:
    """The base model's answers end with a bracket; a number has its range."""
    refused = decoding.extract(TEXT, model=BASE, end_bias=-1)
    assert (refused.status_code, error_of(refused)["param"]) == (422, "end_bias")
    assert f"the answers of {BASE} do not go on until it ends them" in error_of(refused)["message"]
    wrong = decoding.extract(TEXT, end_bias=-11)
    assert error_of(wrong)["message"] == "end_bias has -11; expected a number from -10 to 10"


def test_an_engine_whose_tokens_do_not_tell_is_said(tmp_path: Path) -> None:
    """502: an answer without the bias would be another."""
    with running(calibrated_adapters(tmp_path)) as gateway:
        gateway.engine.models.append(ADAPTER)
        gateway.engine.token_ids = lambda _: [1, 2]
        answer = gateway.extract(TEXT, end_bias=-1)
    assert answer.status_code == 502
    assert "the engine's tokens do not tell what ends an answer" in error_of(answer)["message"]


def test_the_threshold_is_that_of_requests_without_one(decoding: Gateway) -> None:
    """What scores less is dropped, and named; 0 keeps it; raw scores are compared with nothing."""
    assert found(decoding) == ["叶老桂"]
    answer = decoding.extract(TEXT).json()
    assert answer["dropped"] == [
        {"label": "company", "text": "浙商银行", "reason": "below_min_score"}
    ]
    assert found(decoding, min_score=0) == ["浙商银行", "叶老桂"]
    assert found(decoding, scores="raw") == ["浙商银行", "叶老桂"]
    assert found(decoding, constraint="none") == ["浙商银行", "叶老桂"]  # not calibrated


def test_what_is_masked_is_everything(decoding: Gateway) -> None:
    """Redaction would leak what scores less."""
    assert found(decoding, "/redact") == ["浙商银行", "叶老桂"]
    assert found(decoding, "/redact", min_score=0.45) == ["叶老桂"]


def test_those_who_compare_scores_have_them_all(decoding: Gateway) -> None:
    """A dialect's client has a threshold of its own."""
    answer = decoding.client.post("/extract?format=hf", json={"text": TEXT}).raise_for_status()
    assert [entity["word"] for entity in answer.json()] == ["浙商银行", "叶老桂"]


def test_a_stream_is_decoded_as_an_answer(decoding: Gateway) -> None:
    """The bias is asked for there, too."""
    decoding.engine.script = completes("无")
    decoding.extract(TEXT, stream=True)
    assert decoding.engine.asked[-1]["logit_bias"] == {str(NOTHING): -0.5, str(IM_END): -0.5}


TITLES = "叶老桂的《浙商银行》和《叶老桂》"


def test_a_title_is_taken_whole(decoding: Gateway) -> None:
    """With its brackets, for the labels that the manifest names."""
    decoding.engine.script = surely("姓名：叶老桂\n公司：浙商银行")
    entities = decoding.extract(TITLES, min_score=0).json()["entities"]
    told = [(one["label"], one["text"], one["start"]) for one in entities]
    assert told == [("name", "叶老桂", 0), ("company", "浙商银行", 5), ("name", "《叶老桂》", 11)]


def test_a_stream_takes_titles_whole(decoding: Gateway) -> None:
    """It is one way to place mentions."""
    decoding.engine.script = Words(("姓名：叶老桂",))
    told = decoding.extract(TITLES, min_score=0, stream=True).text
    assert "《叶老桂》" in told
