import random

import pytest
from nervaluate import Evaluator  # type: ignore[import-untyped,unused-ignore]

from adapters.data.examples import Example
from adapters.measuring.score import Counts, compare, errors, items, score
from service.ner.types import Entity

TEXT = "浙商银行的叶老桂说叶老桂在浙商大厦"
COMPANY, FIRST, SECOND, SCENE = (
    Entity("company", 0, 4),
    Entity("name", 5, 8),
    Entity("name", 9, 12),
    Entity("scene", 13, 17),
)


def _said(*entities: Entity) -> Example:
    return Example(TEXT, entities)


def test_text_and_span_are_different_metrics() -> None:
    """The second occurrence counts as a span of its own, and not as another text."""
    example = _said(COMPANY, FIRST, SECOND)
    assert items(example, "text") == {("company", "浙商银行"), ("name", "叶老桂")}
    assert len(items(example, "span")) == 3


def test_a_small_case_by_hand() -> None:
    gold = [_said(COMPANY, FIRST), _said(SCENE)]
    predicted = [_said(COMPANY, Entity("name", 5, 7)), _said()]
    found = score(gold, predicted, "span")
    assert found.labels == {
        "company": Counts(1, 1, 1),
        "name": Counts(0, 1, 1),
        "scene": Counts(0, 0, 1),
    }
    assert found.micro == Counts(1, 2, 3)
    assert found.micro.precision == 0.5
    assert found.micro.recall == pytest.approx(1 / 3)
    assert found.micro.f1 == pytest.approx(0.4)
    assert found.macro_f1 == pytest.approx(1 / 3)
    assert found.interval[0] <= 0.4 <= found.interval[1]


def test_nothing_to_find_and_nothing_found_is_no_error() -> None:
    found = score([_said()], [_said()], "text")
    assert (found.micro, found.labels, found.macro_f1) == (Counts(), {}, 0.0)
    assert score([], [], "text").interval == (0.0, 0.0)


def test_sentences_must_correspond() -> None:
    with pytest.raises(ValueError, match="zip"):
        score([_said()], [], "text")


@pytest.mark.parametrize(
    ("gold", "predicted", "classes"),
    [
        ((FIRST,), (FIRST,), {}),
        ((FIRST,), (Entity("company", 5, 8),), {"label": 1}),
        ((FIRST,), (Entity("name", 4, 8),), {"boundary": 1}),
        ((FIRST,), (Entity("company", 4, 8),), {"both": 1}),
        ((FIRST,), (SCENE,), {"spurious": 1, "missed": 1}),
        ((FIRST,), (Entity("name", 5, 6), Entity("name", 6, 8)), {"boundary": 1, "spurious": 1}),
        ((FIRST, COMPANY), (), {"missed": 2}),
    ],
)
def test_every_wrong_span_has_one_class(
    gold: tuple[Entity, ...], predicted: tuple[Entity, ...], classes: dict[str, int]
) -> None:
    found = errors([_said(*gold)], [_said(*predicted)])
    assert {kind: number for kind, number in found.items() if number} == classes


def test_the_paired_bootstrap_sees_a_real_difference_and_no_other() -> None:
    gold = [_said(COMPANY, FIRST)] * 200
    worse = [_said(COMPANY, FIRST) if place % 4 else _said(COMPANY) for place in range(200)]
    same = compare(gold, worse, worse, "text")
    assert (same.f1, same.interval) == (0.0, (0.0, 0.0))
    better = compare(gold, worse, gold, "text")
    assert 0 < better.interval[0] < better.f1 < better.interval[1] < 0.2


def test_span_scores_agree_with_nervaluate() -> None:
    """Its ``strict`` scheme counts as right what has the right label and the right bounds."""
    rng = random.Random(7)
    gold = [_random(rng) for _ in range(300)]
    predicted = [_random(rng, like=example) for example in gold]
    found = score(gold, predicted, "span")
    theirs = Evaluator(
        [[_theirs(e) for e in example.entities] for example in gold],
        [[_theirs(e) for e in example.entities] for example in predicted],
        tags=["company", "name", "scene"],
    ).evaluate()
    strict = theirs["overall"]["strict"]
    assert (strict.precision, strict.recall, strict.f1) == pytest.approx(
        (found.micro.precision, found.micro.recall, found.micro.f1)
    )
    for label, counts in found.labels.items():
        row = theirs["entities"][label]["strict"]
        # Per label it also holds against a label what was said in its place.
        assert row.correct == counts.right
        assert row.actual == counts.predicted


def _random(rng: random.Random, like: Example | None = None) -> Example:
    """Spans apart from each other; those of ``like`` with some of them changed."""
    spans: dict[int, Entity] = {e.start // 4: e for e in like.entities} if like else {}
    for cell in range(4):
        if rng.random() < (0.3 if like else 0.7):
            spans.pop(cell, None)
            if rng.random() < 0.7:
                start = 4 * cell + rng.randint(0, 1)
                label = rng.choice(["company", "name", "scene"])
                spans[cell] = Entity(label, start, start + rng.randint(1, 3))
    return Example(TEXT, tuple(spans[cell] for cell in sorted(spans)))


def _theirs(entity: Entity) -> dict[str, object]:
    return {"label": entity.label, "start": entity.start, "end": entity.end - 1}  # inclusive
