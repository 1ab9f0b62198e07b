"""Connect, predict, correct, export, other weights, predict again: in a browser, with a picture of
each step. The engine is scripted; everything else is real.

    make label-studio                  # pictures go to docs/pictures
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.types import Receive, Send

from adapters.data.readers import read
from tests.conftest import ENGINE_NAME, Gateway
from tests.conftest import running as gateway_running
from tests.label_studio.browser import ROOT, chromium, somebody
from tests.label_studio.clicks import Person
from tests.label_studio.studio import Studio
from tests.label_studio.studio import running as studio_running
from tests.service.guard.test_keys import table
from tests.support.fake_engine import Script, text_of
from tests.support.scoring import calibrated_adapters, surely
from tests.support.waiting import until

KEY = "a-key-for-label-studio"
CONFIG = """<View>
  <Labels name="label" toName="text">
    <Label value="company" background="#3366cc"/>
    <Label value="name" background="#dc3912"/>
  </Labels>
  <Text name="text" value="$text"/>
</View>"""
# Emoji of one and of several code points, both line breaks, white space that HTML would swallow,
# an accent of its own, a character beyond the first plane.
TEXTS = [
    "浙商银行企业信贷部叶老桂博士则从另一个角度对五道门槛进行了解读。",
    "😀👨‍👩‍👧 浙商银行的叶老桂\r\n第二行：𠮷野家，叶老桂。",
    "\n  e\u0301 明天，叶老桂 said <b>浙商银行</b>:  叶老桂",
]
BEFORE = {"浙商银行": "公司", "叶老桂": "姓名"}
AFTER = {"浙商银行企业信贷部": "公司", "浙商银行": "公司", "𠮷野家": "公司", "叶老桂": "姓名"}


def says(known: dict[str, str]) -> Script:
    """A model that knows these surfaces, and is not sure of persons."""

    async def script(body: dict[str, Any], receive: Receive, send: Send) -> None:
        text, lines = text_of(body), list[str]()
        for surface, written in known.items():
            if surface in text:
                lines.append(f"{written}：{surface}")
                text = text.replace(surface, "")
        await surely("\n".join(lines) or "无", {"叶": 0.7})(body, receive, send)

    return script


def main() -> None:
    """Fails where a step does."""
    chromium()  # before all that takes time
    with (
        tempfile.TemporaryDirectory() as data,
        studio_running(ROOT / ".nerve", Path(data)) as studio,
        gateway(Path(data)) as nerve,
        somebody(studio, 1200, 640) as person,
    ):
        walk(person, studio, nerve, Path(data))


@contextmanager
def gateway(folder: Path) -> Iterator[Gateway]:
    """One with a key and scores."""
    adapters, keys = folder / "adapters", folder / "keys.toml"
    adapters.mkdir()
    keys.write_text(table("studio", KEY, "extract"), encoding="utf-8")
    with gateway_running(calibrated_adapters(adapters), api_keys_file=keys) as found:
        found.engine.script = says(BEFORE)
        yield found


def walk(person: Person, studio: Studio, nerve: Gateway, folder: Path) -> None:
    """The loop, one line printed for each step."""
    project = studio.project("Companies and people", CONFIG, TEXTS)
    person.log_in()
    person.connect(project, f"{nerve.url}/label-studio", KEY, "connect")
    done("connected by clicks, with the key as password")

    person.retrieve(project)
    first, second, third = wait(lambda: predicted(studio, project, ENGINE_NAME))
    done(f"predictions of {ENGINE_NAME} for {len(TEXTS)} tasks, least certain entity 0.70")
    for task in (first, second, third):
        seen = person.look(project, task["id"], "predicted" if task is first else "")
        expected = [region["value"]["text"] for region in task["predictions"][0]["result"]]
        assert seen == expected, (seen, expected)
    done("marked in the browser: the characters that the gateway meant, in every text")

    person.look(project, second["id"])
    person.take_away(0)
    person.mark("company", "浙商银行")
    person.mark("company", "𠮷野家")
    person.submit("corrected")
    (exported,) = studio.export(project)
    text, regions = exported["data"]["text"], exported["annotations"][0]["result"]
    spans = sorted((r["value"]["start"], r["value"]["end"], r["value"]["text"]) for r in regions)
    assert [text[start:end] for start, end, _ in spans] == [surface for _, _, surface in spans]
    assert "𠮷野家" in {surface for _, _, surface in spans}, spans
    rows = folder / "export.json"
    rows.write_text(json.dumps(studio.export(project)), encoding="utf-8")
    (example,) = read(rows, "label_studio", ()).examples
    assert [(e.start, e.end) for e in example.entities] == [(s, e) for s, e, _ in spans]
    done(f"corrected by mouse and submitted; exported: {spans}")

    version = promote(nerve, folder / "adapters")
    person.retrieve(project)
    first, *_ = wait(lambda: predicted(studio, project, version))
    seen = person.look(project, first["id"], "predicted-again")
    assert "浙商银行企业信贷部" in seen, seen
    done(f"other weights, {version}: predictions change, {seen}")


def predicted(studio: Studio, project: int, version: str) -> list[dict[str, Any]]:
    """The tasks when each has a prediction of this version, which then is its first; else none."""
    tasks = studio.tasks(project)
    for task in tasks:
        task["predictions"] = [p for p in task["predictions"] if p["model_version"] == version]
    return tasks if all(task["predictions"] for task in tasks) else []


def promote(nerve: Gateway, adapters: Path) -> str:
    """Other weights under the same name, as `nerve adapter register` writes them: the gateway
    follows the folder. Returns their version."""
    before, after = ENGINE_NAME.split("@")[1], "fedcba98"
    manifest = adapters / "clue" / "adapter.toml"
    nerve.engine.models.append(f"clue@{after}")
    nerve.engine.script = says(AFTER)
    written = manifest.read_text(encoding="utf-8").replace(before, after)
    manifest.write_text(written, encoding="utf-8")
    headers = {"authorization": f"Bearer {KEY}"}

    def follows() -> bool:
        found = nerve.client.get("/label-studio/versions", headers=headers).json()
        return bool(found == {"versions": [f"clue@{after}"]})

    until(follows)
    return f"clue@{after}"


def wait(look: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What ``look`` finds, when it finds something."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        found[:] = look()
        return bool(found)

    until(there, within_s=60)
    return found


def done(what: str) -> None:
    """A step that went as it should."""
    print(f"✓ {what}", flush=True)


if __name__ == "__main__":
    main()
