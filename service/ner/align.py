"""From mentions to entities: where in the text each mention stands.

Offsets are half-open, in code points of the text as given. Nothing is matched fuzzily: a surface
that does not stand in the text is dropped, and every mention that yields no entity is reported.
"""

from collections.abc import Collection, Sequence

from service.ner.placing import Aligned, Keeps
from service.ner.placing_rules import placing_of
from service.ner.types import Mention, Occurrences, Overlaps

Scores = Sequence[float | None]


def align(
    text: str,
    mentions: Sequence[Mention],
    occurrences: Occurrences = "all",
    scores: Scores | None = None,
    overlaps: Overlaps = "longest",
    titles: Collection[str] = (),
    keeps: Keeps | None = None,
) -> Aligned:
    """Locate ``mentions`` in ``text``. ``scores`` are theirs, one each, and become the entities'.

    ``all``: a mention yields every occurrence of its surface; longer surfaces choose first.
    ``as_read``: the same, but that a mention first takes the first free occurrence behind the one
    before it, where there is one.
    ``in_order``: the n-th mention of a surface takes its n-th occurrence, but for those that other
    entities have a part of.
    A repeated mention is merged: said again, it is more probable only because it was said before.

    No entity overlaps another: a mention that finds all its places taken is dropped as ``overlap``.
    With ``overlaps`` as ``all``, only entities of its own label take a mention's places, and one
    that finds them all taken has them all the same.
    Where a mention of a label of ``titles`` stands in 《》, they belong to the entity.
    Entities whose score ``keeps`` refuses are dropped as ``below_min_score``. Their places are not
    for mentions that have others: what was read there is doubtful, not something else. But a
    mention that would be lost to them has its places.

    Raises TooManyEntities where overlaps make more of them than a text can have.
    """
    placing = placing_of(occurrences)(text, overlaps, titles)
    for mention, score in zip(mentions, scores or [None] * len(mentions), strict=True):
        placing.add(mention, score)
    return placing.aligned(keeps)
