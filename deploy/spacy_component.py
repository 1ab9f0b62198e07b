"""spaCy's pipe ``nerve``: entities of a running gateway on a ``Doc``. Needs spaCy, which Nerve does
without elsewhere: ``requirements/spacy.txt``.

    nlp = spacy.blank("zh")
    nlp.add_pipe("nerve", config={"url": "http://127.0.0.1:8080"})
    doc = nlp("浙商银行的叶老桂")
    doc.ents                            # without overlaps, as spaCy wants them, beside earlier ones
    doc.spans["nerve"]                  # all; .attrs["scores"] beside it, as spancat has them
    doc._.nerve                         # the gateway's answer: exact offsets, what was dropped
"""

from collections.abc import Iterable, Iterator
from typing import Any

from httpx2 import Client
from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.pipeline.span_ruler import prioritize_existing_ents_filter
from spacy.tokens import Doc, Span

from deploy import GATEWAY_URL
from deploy.client import AskFailed, extract, session

KEY = "nerve"
# A request's most; spaCy's own batches have 1000 texts. A gateway takes 256 and 2 MB, within a
# minute.
MOST_TEXTS, MOST_CHARACTERS = 64, 200_000


class NerveFailed(Exception):
    """A text that has no whole answer, and why; or no gateway answers."""


class Nerve(Pipe):
    """Asks for the entities of each ``Doc``, several in a request. NerveFailed goes to the error
    handler of spaCy's that is set; without one it is raised."""

    def __init__(self, name: str, url: str, **options: Any) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._options = {name: value for name, value in options.items() if value is not None}

    def __call__(self, doc: Doc) -> Doc:
        """The same ``Doc``, with its entities; as it was where the error handler took its error."""
        return next(self.pipe([doc]), doc)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = MOST_TEXTS) -> Iterator[Doc]:
        """Each ``Doc`` with its entities, but those whose error the error handler took.
        ``NERVE_API_KEY`` is the key."""
        failed = self.get_error_handler()
        with session() as client:
            for docs in _requests(stream, min(batch_size, MOST_TEXTS)):
                try:
                    answers = self._ask(client, docs)
                except NerveFailed as exc:
                    failed(self.name, self, docs, exc)
                    continue
                for doc, answer in zip(docs, answers, strict=True):
                    try:
                        annotated = _with(doc, answer)
                    except NerveFailed as exc:
                        failed(self.name, self, [doc], exc)
                        continue
                    yield annotated

    def _ask(self, client: Client, docs: list[Doc]) -> list[dict[str, Any]]:
        body = {**self._options, "texts": [doc.text for doc in docs]}
        try:
            answers: list[dict[str, Any]] = extract(client, self._url, body)["results"]
        except AskFailed as exc:
            raise NerveFailed(str(exc)) from exc
        return answers


def _requests(stream: Iterable[Doc], most: int) -> Iterator[list[Doc]]:
    """A long text alone, short ones together."""
    docs: list[Doc] = []
    characters = 0
    for doc in stream:
        size = len(doc.text)
        if docs and (len(docs) == most or characters + size > MOST_CHARACTERS):
            yield docs
            docs, characters = [], 0
        docs.append(doc)
        characters += size
    if docs:
        yield docs


def _with(doc: Doc, answer: dict[str, Any]) -> Doc:
    """A span is widened to whole tokens where an entity ends inside of one; it is no entity of the
    ``Doc`` where it overlaps one that is there, as with ``entity_ruler``."""
    problem = answer.get("error") or next((c["error"] for c in answer.get("chunks", [])), None)
    if problem:
        raise NerveFailed(f"{doc.text[:40]!r}: {problem['message']}")
    found = answer["entities"]
    spans = [_span(doc, one) for one in found]
    doc._.nerve = answer
    doc.spans[KEY] = spans
    doc.spans[KEY].attrs["scores"] = [one["score"] for one in found]
    doc.ents = prioritize_existing_ents_filter(doc.ents, spans)
    return doc


def _span(doc: Doc, entity: dict[str, Any]) -> Span:
    start, end = entity["start"], entity["end"]
    span = doc.char_span(start, end, label=entity["label"], alignment_mode="expand")
    if span is None:
        raise NerveFailed(f"the gateway says [{start}, {end}) of a text of {len(doc.text)}")
    return span


def _make(
    nlp: Any,
    name: str,
    url: str,
    model: str | None,
    labels: list[str] | dict[str, str] | None,
    min_score: float | None,
) -> Nerve:
    Doc.set_extension(KEY, default=None, force=True)
    return Nerve(name, url, model=model, labels=labels, min_score=min_score)


_DEFAULTS = {"url": GATEWAY_URL, "model": None, "labels": None, "min_score": None}
make = Language.factory(KEY, default_config=_DEFAULTS)(_make)
