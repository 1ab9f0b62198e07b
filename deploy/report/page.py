"""The whole page: what was measured, where it is right and wrong, how sure, how it was trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adapters.measuring.replacing import replacing
from adapters.measuring.report import ReportError
from deploy.report.bars import METRICS, by_label, shown_interval, wrong_spans
from deploy.report.comparison import comparison
from deploy.report.markup import element, words
from deploy.report.matrix import matrix
from deploy.report.scores import scores
from deploy.report.style import STYLE
from deploy.report.training import training
from service.wire.wording import why_unusable

# Even a mistake in here could not make the page ask anybody, or run anything.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


WRITTEN_BY = "Written by nerve adapter report."


def save(page: str, path: Path) -> None:
    """Write the page, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write_text(page, encoding="utf-8")


def is_one(path: Path) -> bool:
    """Is there such a page in this file?"""
    return WRITTEN_BY.encode() in path.read_bytes()


def page(
    found: Mapping[str, Any],
    old: Mapping[str, Any] | None = None,
    log: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The HTML of a report of ``nerve adapter evaluate``; ``old`` is another on the same sentences,
    ``log`` the rows of log.jsonl. Raises ReportError.
    """
    try:
        sections = [
            *([comparison(old, found)] if old is not None else []),
            by_label(found),
            wrong_spans(found),
            matrix(found),
            scores(found),
            training(log),
        ]
        return _document(_title(found), _header(found), *sections)
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ReportError(f"not a report of `nerve adapter evaluate`: {why_unusable(exc)}") from exc


def _document(title: str, *body: str) -> str:
    head = element(
        "head",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        element("title", words(title)),
        element("style", STYLE),
    )
    return "<!doctype html>\n" + element("html", head, element("body", *body), lang="en") + "\n"


def _title(found: Mapping[str, Any]) -> str:
    return f"{found['model']}, {found['split']}"


def _header(found: Mapping[str, Any]) -> str:
    about = (
        f"{found['sentences']} sentences through the live service, constraint "
        f"{found['constraint']}, {found['date']}. {WRITTEN_BY}"
    )
    tiles = [_f1_tile(found, metric) for metric in METRICS]
    tiles += [
        _tile(f"{metric}: precision / recall", _ratios(found[metric]["micro"]))
        for metric in METRICS
    ]
    speed = found["sentences_per_second"]
    tiles.append(_tile("sentences per second", "-" if speed is None else f"{speed:g}"))
    tiles.append(_tile("completion tokens a sentence", found["completion_tokens_per_sentence"]))
    title = element("h1", words(_title(found)))
    return element("header", title, element("p", words(about)), element("dl", *tiles))


def _ratios(row: Mapping[str, float]) -> str:
    return f"{row['precision']:.4f} / {row['recall']:.4f}"


def _f1_tile(found: Mapping[str, Any], metric: str) -> str:
    row = found[metric]["micro"]
    interval = shown_interval({"interval": found[metric]["interval"]}).strip(" ()")
    return _tile(f"{metric}: micro F1", f"{row['f1']:.4f}", f"95 %: {interval}")


def _tile(name: str, value: object, below: str = "") -> str:
    small = element("small", words(below)) if below else ""
    return element("div", element("dt", words(name)), element("dd", words(value), small))
