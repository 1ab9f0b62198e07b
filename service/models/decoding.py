"""How an adapter's answers are decoded when a request does not say: a part of the manifest.

``[decoding]`` of ``adapter.toml``; ``nerve adapter calibrate --end-bias`` writes it.
Standard library only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.models.toml_fields import Fields
from service.ner.formats import FORMATS
from service.ner.titles import counts_marks
from service.ner.types import MOST_BIAS, Label


@dataclass(frozen=True, slots=True)
class Decoding:
    """``end_bias`` is added to the logits of the tokens that end an answer, or say that there is
    nothing: below 0 more is found, and more of it is wrong. ``min_score``, from 0 to 1, is that of
    requests without one, where scores are calibrated. ``titles`` are the labels, by name, that take
    a title which stands in 《》 whole, with them."""

    end_bias: float = 0.0
    min_score: float = 0.0
    titles: tuple[str, ...] = ()

    def titles_of(self, labels: Iterable[Label]) -> tuple[str, ...]:
        """The labels that take a title in 《》 whole when ``labels`` are asked for: those of the
        manifest, and those whose descriptions say so."""
        told = (label.name for label in labels if counts_marks(label.description))
        return (*self.titles, *told)


UNCHANGED = Decoding()


def read(fields: Fields, format_name: str, labels: Sequence[Label] | None) -> Decoding:
    """The ``[decoding]`` of a manifest whose model knows ``labels`` alone, or, None, any; raises
    ManifestError."""
    within = fields.table("decoding")
    known = Decoding.__dataclass_fields__
    unknown = next((key for key in within.values if key not in known), None)
    if unknown is not None:
        raise within.wrong(unknown, within.values[unknown], f"no key but {', '.join(known)}")
    bias = within.number("end_bias") or 0.0
    if abs(bias) > MOST_BIAS:
        raise within.wrong("end_bias", bias, f"a number from {-MOST_BIAS:g} to {MOST_BIAS:g}")
    if bias and FORMATS[format_name].EMPTY is None:
        expected = f"0: the format {format_name} says itself where an answer ends"
        raise within.wrong("end_bias", bias, expected)
    least = within.ratio("min_score") if "min_score" in within.values else 0.0
    return Decoding(float(bias), least, _titles(within, labels))


def _titles(within: Fields, labels: Sequence[Label] | None) -> tuple[str, ...]:
    names = within.values.get("titles", [])
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise within.wrong("titles", names, "a list of labels' names")
    known = names if labels is None else [label.name for label in labels]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise within.wrong("titles", unknown, f"names of its labels: {', '.join(known)}")
    return tuple(names)
