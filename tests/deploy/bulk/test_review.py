"""`nerve adapter review`: which texts, in which order, in whose file."""

import json
import tracemalloc
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest

from adapters.data.readers import read
from deploy.bulk.errors import BulkFailed
from deploy.bulk.formats.annotators import write_doccano
from deploy.bulk.review import POOL, Candidate, choose, doubt, spans
from service.wire import label_config
from tests.deploy.bulk.test_formats import nerve, row
from tests.growth.review import main as measure_review
from tests.growth.review import write


def scored(number: int, text: str, *scores: float | None, **more: Any) -> dict[str, Any]:
    """A row whose entities, a character each, have these scores."""
    found = row(number, text, *(("name", at, at + 1) for at in range(len(scores))), **more)
    for entity, score in zip(found["entities"], scores, strict=True):
        entity["score"] = score
    return found


@pytest.mark.parametrize(
    ("answer", "theirs", "expected"),
    [
        (scored(0, "甲乙"), None, 0.0),
        (scored(0, "甲乙", None), None, 0.0),
        (scored(0, "甲乙", 0.9, 0.3), None, 0.7),
        (scored(0, "甲乙", 0.9, dropped=[{"label": "name"}]), None, 0.5),
        (scored(0, "甲乙", 0.1, truncated=True), None, 0.9),
        (scored(0, "甲乙", None), frozenset({("name", 0, 1)}), 0.0),
        (scored(0, "甲乙", None), frozenset({("name", 0, 1), ("name", 1, 2)}), 0.5),
        (scored(0, "甲乙"), frozenset({("name", 0, 1)}), 1.0),
        (scored(0, "甲乙"), frozenset(), 0.0),
    ],
)
def test_doubt(answer: dict[str, Any], theirs: Any, expected: float) -> None:
    """The strongest reason to look."""
    assert doubt(answer, theirs) == pytest.approx(expected)


def test_the_least_certain_comes_first_and_none_twice() -> None:
    """Blank texts are none; the same text is one."""
    answers = [
        scored(0, "今天下雨。", 0.95),
        scored(1, "叶老桂说话。", 0.4),
        scored(2, "叶老桂说话。", 0.4),
        scored(3, "  "),
        scored(4, "浙商银行。", 0.6),
    ]
    assert [one.answer["row"] for one in choose(answers, 10)] == [1, 4, 0]
    assert [one.answer["row"] for one in choose(answers, 1)] == [1]


def test_what_is_like_a_chosen_text_has_to_wait() -> None:
    """One of two headlines that differ in a number, then something else."""
    answers = [
        scored(0, "第一百零一届运动会在北京举行", 0.3),
        scored(1, "第一百零二届运动会在北京举行", 0.31),
        scored(2, "叶老桂是浙商银行的博士", 0.5),
    ]
    assert [one.answer["row"] for one in choose(answers, 2)] == [0, 2]


def test_without_scores_texts_are_chosen_by_their_differences() -> None:
    """The file's order does not decide alone."""
    answers = [scored(0, "甲乙丙丁"), scored(1, "甲乙丙丁。"), scored(2, "子丑寅卯")]
    assert [one.answer["row"] for one in choose(answers, 2)] == [0, 2]


def test_as_if_each_were_compared_with_all_that_are_chosen() -> None:
    """The choice is that of looking at every text again after every choice."""
    sample, words = Random(1).sample, ["甲乙", "乙丙", "丙丁", "丁戊", "戊己"]
    texts = ["".join(sample(words, 3)) for _ in range(30)]
    answers = [scored(at, text, 0.5 + at % 7 / 20) for at, text in enumerate(texts)]
    left = choose(answers, len(answers))
    for nth, one in enumerate(left):
        worths = [_worth(other, left[:nth]) for other in left[nth:]]
        assert _worth(one, left[:nth]) == max(worths)


def _worth(one: Candidate, chosen: list[Candidate]) -> float:
    likeness = (len(one.pairs & c.pairs) / len(one.pairs | c.pairs) for c in chosen)
    return one.doubt * (1 - max(likeness, default=0.0))


def test_one_pass_chooses_as_if_all_texts_were_sorted_by_doubt() -> None:
    """The first of texts that are alike in doubt first; of the rest none comes in."""
    random = Random(2)
    answers = [
        scored(at, "".join(random.choices("甲乙丙 ", k=5)), random.choice((0.2, 0.5, 0.8)))
        for at in range(300)
    ]
    others = [scored(at, one["text"]) for at, one in enumerate(answers) if at % 3 == 0]
    theirs = {one["text"]: spans(one) for one in others}
    first = {one["text"]: one for one in reversed(answers) if one["text"].strip()}
    all_of_them = sorted(first.values(), key=lambda one: one["row"])
    all_of_them.sort(key=lambda one: -doubt(one, theirs.get(one["text"])))
    for count in (1, 2, 300):
        expected = choose(all_of_them[: POOL * count], count, others)
        assert choose(iter(answers), count, iter(others)) == expected
        assert len(expected) == min(count, len(first))


def test_what_is_not_chosen_is_not_held() -> None:
    """However many texts a file has: of most only a digest."""

    def many(count: int) -> Iterator[dict[str, Any]]:
        letters = [chr(0x4E00 + at) for at in range(500)]
        for at in range(count):
            yield scored(at, "".join(Random(at).sample(letters, 400)), 0.5)

    choose(many(POOL), 1)
    peaks = []
    for count in (4 * POOL, 40 * POOL):
        tracemalloc.start()
        choose(many(count), 1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / (36 * POOL) < 300


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (row(0, "别的"), "--against has none of these texts"),
        (
            row(0, "没有叶老桂", ("person", 2, 5)),
            "other labels: person; expected .* name",
        ),
    ],
)
def test_another_models_answers_that_say_nothing(other: dict[str, Any], says: str) -> None:
    """To other texts, or for other labels, which would put every text in doubt."""
    with pytest.raises(BulkFailed, match=says):
        choose([row(0, "没有叶老桂", ("name", 2, 5))], 1, [other])


def written(tmp_path: Path, *options: str) -> tuple[Path, str]:
    """The file that the command writes, and what it says."""
    answers, out = tmp_path / "answers.jsonl", tmp_path / "out"
    rows = [
        row(0, "😀浙商银行的叶老桂", ("company", 1, 5), ("name", 6, 9), model="clue"),
        row(1, "没有", model="clue"),
    ]
    lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in rows]
    answers.write_text("".join(lines), encoding="utf-8")
    done = nerve("adapter", "review", str(answers), "--out", str(out), *options)
    assert done.exit_code == 0, done.output
    return out, done.output


def test_label_studio_imports_predictions(tmp_path: Path) -> None:
    """With a labelling config that fits them, and what a person then exports is read."""
    out, says = written(tmp_path)
    first, second = json.loads(out.read_text(encoding="utf-8"))
    assert first["data"] == {"text": "😀浙商银行的叶老桂", "row": 0}
    (prediction,) = first["predictions"]
    assert prediction["model_version"] == "clue"
    assert prediction["result"][0]["value"] == {
        "start": 1,
        "end": 5,
        "text": "浙商银行",
        "labels": ["company"],
    }
    assert second["predictions"][0]["result"] == []
    (field,) = label_config.read(says[says.index("<View>") :].strip())
    assert (field.name, list(field.labels)) == ("text", ["company", "name"])
    exported = [{**one, "annotations": one["predictions"]} for one in (first, second)]
    out.write_text(json.dumps(exported), encoding="utf-8")
    examples = read(out, "label_studio", ()).examples
    assert [[(e.label, e.start, e.end) for e in one.entities] for one in examples] == [
        [("company", 1, 5), ("name", 6, 9)],
        [],
    ]


def test_the_labelling_config_has_all_that_was_asked_for(tmp_path: Path) -> None:
    """What is not found yet can be labelled, and is described; what is found besides stays."""
    labels = tmp_path / "labels.json"
    labels.write_text('{"name": "人名", "city": "城市"}', encoding="utf-8")
    for asked in (("--labels", str(labels)), ("--label", "name=人名", "--label", "city=城市")):
        _, says = written(tmp_path, *asked)
        (field,) = label_config.read(says[says.index("<View>") :].strip())
        hints = {name: one.hint for name, one in field.labels.items()}
        assert hints == {"company": "", "name": "人名", "city": "城市"}
        (tmp_path / "out").unlink()


def test_a_line_for_doccano_is_one_to_every_reader() -> None:
    """Python's ``splitlines`` ends one at U+0085, U+2028 and U+2029, which JSON may have."""
    file = StringIO()
    write_doccano([row(0, "叶\u2028老\x85桂\u2029", ("name", 0, 5))], file)
    (line,) = file.getvalue().splitlines()
    assert json.loads(line)["text"] == "叶\u2028老\x85桂\u2029"


def test_doccano_imports_labels(tmp_path: Path) -> None:
    """And what a person then exports is read."""
    out, _ = written(tmp_path, "--format", "doccano", "--count", "1")
    (line,) = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["label"] == [[1, 5, "company"], [6, 9, "name"]]
    (example,) = read(out, "doccano", ()).examples
    assert [(e.label, e.start, e.end) for e in example.entities] == [
        ("company", 1, 5),
        ("name", 6, 9),
    ]


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    """Somebody may have labelled in it."""
    out, _ = written(tmp_path)
    answers = str(tmp_path / "answers.jsonl")
    again = nerve("adapter", "review", answers, "--out", str(out))
    assert again.exit_code == 1
    assert "is there already; expected a new name" in again.output


def test_the_measurement_chooses_rows_with_their_gold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Chosen by doubt, and as many random ones, the same for the same seed; as rows to train on."""
    rows = [{"text": f"第{at}行", "label": {"name": {"第": [[0, 0]]}}} for at in range(30)]
    data = tmp_path / "train.json"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    folder = tmp_path / "out"
    measure_review(["pool", str(data), str(folder), "--rows", "20"])
    assert "--label name" in capsys.readouterr().out
    for name, score in {"answers": 0.9, "base": 0.9}.items():
        write(folder / f"{name}.jsonl", (said(at, score if at != 7 else 0.1) for at in range(20)))
    measure_review(["choose", str(folder), "--count", "3"])
    found = {name: read(folder / f"{name}.jsonl", "spans", ()) for name in ("chosen", "random")}
    assert found["chosen"].examples[0].text == "第7行"
    assert [len(one.examples) for one in found.values()] == [3, 3]
    assert all(one.entities for each in found.values() for one in each.examples)
    before = (folder / "random.jsonl").read_bytes()
    measure_review(["choose", str(folder), "--count", "3"])
    assert (folder / "random.jsonl").read_bytes() == before
    assert "nerve adapter evaluate DEV --model chosen" in capsys.readouterr().out


def said(at: int, score: float) -> dict[str, Any]:
    """A line of `nerve extract --out`."""
    entity = {"label": "name", "text": "第", "start": 0, "end": 1, "score": score}
    return {"row": at + 1, "text": f"第{at}行", "entities": [entity], "dropped": []}
