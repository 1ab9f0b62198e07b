"""What must hold of every completion, whatever its bytes: decoded, then aligned. No package needed.

The bytes are the completion and, behind the first NUL, the text; the first byte chooses options.
"""

import time
import timeit

from service.ner.align import align
from service.ner.formats import FORMATS
from service.ner.types import Label

LABELS = (Label("name", "姓名"), Label("company", "公司"), Label("odd", 'a "b\\'))
# As long as a chunk: the aligner's time is bounded by mentions times this.
TEXT_CHARS = 256
SHORT, LONG = 20_000, 200_000
FACTOR = 30


def check(name: str, data: bytes) -> None:
    """Raises AssertionError, or whatever a decoder or the aligner raises."""
    options, completion, text = _parts(data)
    decoded = FORMATS[name].decode(completion, LABELS, complete=bool(options & 1))
    assert decoded.dropped or completion.strip(), "an empty completion says nothing"
    for mention in decoded.mentions:
        assert mention.surface and mention.label in {label.name for label in LABELS}
        mention.surface.encode()
    edges = [edge for place in decoded.places for edge in place]
    assert len(decoded.places) == len(decoded.mentions)
    # A line's end belongs to it, also where the completion ends without one.
    assert edges == sorted(edges) and all(0 <= edge <= len(completion) + 1 for edge in edges)
    aligned = align(text, decoded.mentions, "all" if options & 2 else "in_order")
    end = 0
    surfaces = {(m.label, m.surface.strip()) for m in decoded.mentions}
    for entity in aligned.entities:
        assert end <= entity.start < entity.end <= len(text), "entities overlap"
        assert (entity.label, text[entity.start : entity.end]) in surfaces
        end = entity.end
    told: set[tuple[str | None, str]] = {(e.label, text[e.start : e.end]) for e in aligned.entities}
    told |= {(d.label, d.text) for d in aligned.dropped}
    assert surfaces <= told, "a mention was lost in silence"


def growth(name: str, data: bytes) -> float:
    """How many times as long ten times the completion takes; 10 is linear."""
    options, unit, text = _parts(data)
    unit = unit or "a"

    def seconds(chars: int) -> float:
        completion = unit * (chars // len(unit) + 1)

        def read() -> None:
            decoded = FORMATS[name].decode(completion, LABELS, complete=bool(options & 1))
            align(text, decoded.mentions)

        # Own processor time, without the collector: its work grows with all that a test run holds.
        return min(timeit.repeat(read, number=1, repeat=3, timer=time.process_time))

    # Below a few milliseconds the clock tells nothing.
    return seconds(LONG) / max(seconds(SHORT), 0.004)


def _parts(data: bytes) -> tuple[int, str, str]:
    completion, _, text = data[1:].decode("utf-8", "replace").partition("\0")
    return (data or b"\0")[0], completion, (text or completion)[:TEXT_CHARS]
