from hypothesis import given
from hypothesis import strategies as st

from adapters.data.augment import Mix, clauses_without_entity, join, packs, restricted
from adapters.data.examples import Example
from service.ner.types import Entity
from tests.adapters.conftest import LABELS

ROWS = [
    Example(
        f"浙商银行的叶老桂说了{number}句话，这一句里什么也没有。",
        (Entity("company", 0, 4), Entity("name", 5, 8)),
    )
    for number in range(60)
]


def test_a_label_subset_leaves_out_the_other_entities() -> None:
    assert restricted(ROWS[0], LABELS[1:]).entities == (Entity("name", 5, 8),)
    assert restricted(ROWS[0], LABELS[2:]).entities == ()


def test_joined_texts_keep_their_surfaces() -> None:
    both = join(
        [
            Example("叶老桂，", (Entity("name", 0, 3),)),
            Example("浙商银行", (Entity("company", 0, 4),)),
        ]
    )
    assert both == Example("叶老桂，浙商银行", (Entity("name", 0, 3), Entity("company", 4, 8)))


def test_clauses_that_touch_an_entity_are_not_empty_rows() -> None:
    found = clauses_without_entity(ROWS[0])
    assert found == [Example("这一句里什么也没有。", ())]


shares = st.floats(0, 1)


@given(st.integers(0, 9), st.builds(Mix, shares, shares, shares, st.just(100)))
def test_packs_are_whole_for_every_mix(seed: int, mix: Mix) -> None:
    """No row is lost, no text is too long, no entity is of a label that was not asked for."""
    found = packs(ROWS, LABELS, mix, 8, seed)
    assert found == packs(ROWS, LABELS, mix, 8, seed)
    texts = "".join(example.text for pack in found for example in pack.examples)
    for pack in found:
        assert pack.labels == tuple(label for label in LABELS if label in pack.labels)
        for example in pack.examples:
            assert len(example.text) <= mix.max_chars
            assert {e.label for e in example.entities} <= {label.name for label in pack.labels}
            for entity in example.entities:
                assert example.text[entity.start : entity.end] in ("浙商银行", "叶老桂")
    assert all(row.text in texts for row in ROWS)


def test_one_label_has_no_subset() -> None:
    """There is nothing to leave out, and no row is lost for it."""
    found = packs(ROWS, LABELS[:1], Mix(1.0, 0.0, 0.0, 100), 8, seed=1)
    assert {pack.labels for pack in found} == {LABELS[:1]}
    assert sum(len(pack.examples) for pack in found) == len(ROWS)


def test_without_any_mix_the_rows_are_only_shuffled() -> None:
    found = packs(ROWS, LABELS, Mix(0.0, 0.0, 0.0, 100), 16, seed=1)
    assert [len(pack.examples) for pack in found] == [16, 16, 16, 12]
    rows = [example for pack in found for example in pack.examples]
    assert rows != ROWS
    assert sorted(rows, key=ROWS.index) == ROWS
