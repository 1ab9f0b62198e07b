"""``POST /extract`` with ``"stream": true``: what comes, when, and that it is the whole answer."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Send

from service.ner.formats import FORMATS
from service.ner.types import Label, Mention, Occurrences
from tests.conftest import MANIFEST, Gateway, running
from tests.service.ner.strings import PIECES
from tests.service.ner.toy_tokens import Cut
from tests.support.fake_engine import fails, text_of
from tests.support.streaming import Words, of, streamed

pytestmark = pytest.mark.slow

LABELS = (Label("company", "公司"), Label("name", "姓名"))
RULES: Sequence[Occurrences] = get_args(Occurrences)
POISON = "毒"


@pytest.fixture(scope="module")
def shared_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """An adapter for each format and rule."""
    folder: Path = tmp_path_factory.mktemp("adapters")
    for answer in FORMATS:
        for rule in RULES:
            name = f"{answer}-{rule}"
            manifest = MANIFEST.replace('name = "clue"', f'name = "{name}"', 1)
            manifest = manifest.replace('format = "lines"', f'format = "{answer}"')
            manifest = manifest.replace('occurrences = "all"', f'occurrences = "{rule}"')
            (folder / name).mkdir()
            (folder / name / "adapter.toml").write_text(manifest, encoding="utf-8")
    (folder / "registry.toml").write_text('default = "lines-as_read"\n', encoding="utf-8")
    with running(folder) as gateway:
        yield gateway


@pytest.fixture
def models(shared_models: Gateway) -> Gateway:
    """It, its engine as new."""
    shared_models.engine.reset()
    return shared_models


@dataclass(frozen=True)
class Scene:
    """What the model says of each chunk: the ``surfaces`` that stand in it, and some ``noise``;
    in pieces, and with tokens, that ``seed`` cuts. A chunk with POISON fails."""

    answer: str
    surfaces: tuple[tuple[str, str], ...]
    noise: str
    reason: str
    seed: int

    async def __call__(self, body: dict[str, Any], receive: Receive, send: Send) -> None:
        """A script."""
        text = text_of(body)
        if POISON in text:
            await fails(500, {"error": "boom"})(body, receive, send)
        else:
            await self.words(text)(body, receive, send)

    def words(self, text: str) -> Words:
        """The same for the same text."""
        cuts, written = random.Random(f"{self.seed}{text}"), self.completion(text)
        units = written.encode("utf-16-le")
        edges = sorted(2 * cuts.randrange(len(units) // 2 + 1) for _ in range(cuts.randrange(30)))
        bounds = zip([0, *edges], [*edges, len(units)], strict=True)
        pieces = [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in bounds]
        size = len(written.encode())
        cut = Cut.at(written, [cuts.randrange(size + 1) for _ in range(size)]) if size else None
        tokens = [*(cut.told() if cut else []), "<|im_end|>"]
        groups = [[(token, -cuts.random())] for token in tokens]
        return Words(pieces, groups, self.reason, cuts.randrange(1, 200))

    def completion(self, text: str) -> str:
        """Mentions in the order of ``surfaces``, whatever the text's."""
        mentions = [Mention(label, part) for label, part in self.surfaces if part in text]
        if self.answer == "inline_tags":
            mentions = in_text_order(mentions, text)
        return FORMATS[self.answer].encode(mentions, LABELS, text) + self.noise


def in_text_order(mentions: Sequence[Mention], text: str) -> list[Mention]:
    """Those that can be tagged one after the other."""
    chosen, end = [], 0
    for mention in mentions:
        if (start := text.find(mention.surface, end)) >= 0:
            chosen.append(mention)
            end = start + len(mention.surface)
    return chosen


prose = st.lists(
    st.sampled_from([*PIECES, "叶老桂", "浙商银行", "银行", "。", "今天下雨。", "甲" * 50, POISON]),
    max_size=60,
).map("".join)
NOISE = (
    "",
    "",
    "\n地址：上海",
    "\n姓名：不在",
    '{"label": "姓名"',
    "<姓名>",
    "\n姓名：",
    "，[]",
    "𠮷",
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[str, Scene]:
    """A text of one or several chunks, and what is said of it."""
    text = draw(prose)
    at = st.integers(0, max(len(text) - 1, 0))
    part = st.tuples(at, st.integers(1, 12)).map(lambda p: text[p[0] : p[0] + p[1]]).filter(bool)
    known = st.sampled_from(["叶老桂", "浙商银行", "银行", "商银", "IT"])
    surface = st.one_of(known, part) if text else known
    surfaces = draw(st.lists(st.tuples(st.sampled_from(["company", "name"]), surface), max_size=8))
    scene = Scene(
        draw(st.sampled_from(sorted(FORMATS))),
        tuple(surfaces),
        draw(st.sampled_from(NOISE)),
        draw(st.sampled_from(["stop", "stop", "length"])),
        draw(st.integers(0, 9)),
    )
    return text, scene


def counted(items: Sequence[Mapping[str, Any]]) -> Counter[tuple[tuple[str, Any], ...]]:
    """To compare without an order."""
    return Counter(tuple(sorted(item.items())) for item in items)


NESTED = (("name", "银行"), ("company", "浙商银行"), ("name", "银行"), ("name", "叶老桂"))


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    scenes(),
    st.sampled_from(RULES),
    st.sampled_from(["codepoint", "utf16", "utf8"]),
    st.sampled_from(
        [
            {},
            {"overlaps": "all"},
            {"scores": "raw"},
            {"scores": "raw", "min_score": 0.01, "overlaps": "all"},
            {"scores": "raw", "min_score": 0.1},
        ]
    ),
)
@example(("𠮷浙商银行的银行，叶老桂", Scene("lines", NESTED, "", "stop", 1)), "as_read", "utf8", {})
@example(("𠮷浙商银行的银行，叶老桂", Scene("json", NESTED, "", "stop", 2)), "all", "utf16", {})
@example(("𠮷浙商银行的银行，叶老桂", Scene("lines", NESTED, "", "stop", 1)), "as_read", "utf8",
         {"overlaps": "all"})  # fmt: skip
@example((POISON, Scene("json", NESTED, "", "stop", 2)), "all", "utf16", {})
@example(("甲。" * 200 + POISON + "叶老桂。" * 100, Scene("lines", NESTED, "", "stop", 2)),
         "in_order", "utf16", {"scores": "raw"})  # fmt: skip
def test_the_events_together_are_the_whole_answer(
    models: Gateway, case: tuple[str, Scene], rule: Occurrences, unit: str, fields: dict[str, Any]
) -> None:
    """Whatever the completions, formats, rules and units, however the stream is cut; nothing that
    was sent is taken back, and a text of which nothing can be extracted has the same error."""
    text, models.engine.script = case
    asked = {"model": f"{case[1].answer}-{rule}", "offsets": unit, **fields}
    whole = models.extract(text, **asked)
    stream = models.extract(text, stream=True, **asked)
    assert stream.status_code == whole.status_code
    if whole.status_code != 200:
        assert stream.json() == whole.json()
        return
    events, answer = streamed(models, text, **asked), whole.json()
    assert counted(of(events, "entity")) == counted(answer.pop("entities"))
    assert counted(of(events, "dropped")) == counted(answer.pop("dropped"))
    (done,) = of(events, "done")
    assert events[-1] == ("done", done)
    assert {**done, "id": answer["id"]} == answer
    assert done["id"].startswith("ext-")


@pytest.mark.parametrize("answer", FORMATS)
def test_metrics_are_those_of_the_whole_answer(models: Gateway, answer: str) -> None:
    """Completions, tokens, entities, dropped mentions, stages, scores."""
    text = "甲。" * 130 + "浙商银行的叶老桂。"
    models.engine.script = Scene(answer, NESTED, "\n地址：上海", "length", 3)
    asked = {"model": f"{answer}-as_read", "scores": "raw"}
    before = series(models)
    assert models.extract(text, **asked).status_code == 200
    between = series(models)
    streamed(models, text, **asked)
    after = series(models)
    assert between - before == after - between != Counter()


COUNTED = (
    "nerve_engine_requests_total",
    "nerve_stage_duration_seconds_count",
    "nerve_completion",
    "nerve_prompt_tokens",
    "nerve_entit",
    "nerve_mentions",
)


def series(gateway: Gateway) -> Counter[str]:
    """What counts extractions; times differ."""
    found: Counter[str] = Counter()
    for line in gateway.client.get("/metrics").text.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith(COUNTED) and "_created" not in name:
            found[name] = round(float(value))
    return found
