"""Manifests and the registry: what a faulty one is told, and what a good one gives."""

from pathlib import Path

import pytest

from service.errors import InvalidRequest, ModelNotFound
from service.models import registry
from service.models.manifest import ManifestError, load
from service.models.registry import Registry, RegistryError, Served
from tests.conftest import ADAPTER, BASE, ENGINE_NAME, MANIFEST


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An adapter's folder, with a manifest that a test may spoil."""
    folder = tmp_path / ADAPTER
    folder.mkdir()
    (folder / "adapter.toml").write_text(MANIFEST, encoding="utf-8")
    return folder


def test_a_manifest_is_read(folder: Path) -> None:
    """Labels keep their order; the engine's name carries the weights' digest."""
    adapter = load(folder)
    assert [label.written for label in adapter.labels] == ["公司", "姓名"]
    assert adapter.engine_name == ENGINE_NAME
    assert adapter.prompt == "zh-lines-1"
    assert adapter.weights == folder / "adapter_model.safetensors"


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    """Windows' editors write one."""
    file = folder / "adapter.toml"
    file.write_text(file.read_text("utf-8"), "utf-8-sig")
    assert load(folder).name == "clue"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "clue"', 'name = "other"', "expected the name of its folder, 'clue'"),
        ('name = "clue"', 'name = "../x"', "name = '../x'"),
        ("rank = 64", 'rank = "64"', "rank = '64'; expected a whole number above 0"),
        ("rank = 64", "rank = true", "rank = True; expected"),
        ('format = "lines"', 'format = "xml"', "format = 'xml'; expected one of json, lines"),
        ('sha256 = "01', 'sha256 = "xx', "expected [0-9a-f]{64}"),
        ('prompt = "zh-lines-1"', 'prompt = "zh"', "expected one of zh-lines-1, open-json-1"),
        ('prompt = "zh-lines-1"', 'prompt = "../p.toml"', "expected one of"),
        ('prompt = "zh-lines-1"', 'prompt = "p.toml"', "such file; expected a prompt file"),
        ('occurrences = "all"', 'occurrences = "first"', "expected one of all, as_read, in_order"),
        ('written = "公司"', 'written = "公：司"', "a label without '：'"),
        (
            'written = "公司"',
            'written = "姓名"',
            "labels.written = '姓名'; expected each only once",
        ),
        ("[[labels]]", "[[label]]", "labels = None; expected one [[labels]] table or more"),
        ("rank = 64", "rank = ", "not a TOML file"),
        ("rank = 64", "rank = 64\nevaluation = 1", "expected [[evaluation]] tables"),
        ("[[labels]]", "[[evaluation]]\n[[labels]]", "split = None; expected a non-empty string"),
        (
            "[[labels]]",
            '[[evaluation]]\nsplit = "dev"\ntext_f1 = "high"\n[[labels]]',
            "text_f1 = 'high'; expected a number",
        ),
        (
            "[[labels]]",
            '[[evaluation]]\nsplit = "dev"\nspan_interval = [1]\n[[labels]]',
            "span_interval = [1]; expected a list of two numbers",
        ),
    ],
)
def test_a_faulty_manifest_is_told_what_is_wrong(
    folder: Path, old: str, new: str, says: str
) -> None:
    """The file, the key, the value, what was expected."""
    path = folder / "adapter.toml"
    path.write_text(MANIFEST.replace(old, new), encoding="utf-8")
    with pytest.raises(ManifestError) as refusal:
        load(folder)
    assert str(folder) in str(refusal.value)
    assert says in str(refusal.value)


def test_its_evaluation_is_read(folder: Path) -> None:
    """What register.py writes; keys that nobody here knows are left alone."""
    rows = (
        '[[evaluation]]\nsplit = "dev"\nsentences = 343\ndate = "2026-11-23"\n'
        'constraint = "grounded"\ntext_f1 = 0.77\ntext_interval = [0.75, 0.79]\n'
        "completion_tokens_per_sentence = 13.5\n[[evaluation]]\nsplit = 'own'\n"
    )
    (folder / "adapter.toml").write_text(MANIFEST + rows, encoding="utf-8")
    first, second = load(folder).evaluation
    assert (first.split, first.sentences, first.text_f1) == ("dev", 343, 0.77)
    assert (first.text_interval, first.span_interval) == ((0.75, 0.79), None)
    assert (second.split, second.text_f1) == ("own", None)


def test_an_adapter_may_bring_its_own_prompt(folder: Path) -> None:
    """A TOML file in its folder."""
    text = MANIFEST.replace('"zh-lines-1"', '"mine.toml"')
    (folder / "adapter.toml").write_text(text, encoding="utf-8")
    (folder / "mine.toml").write_text('system = "s {labels}"\nuser = "句子：{text}"\n', "utf-8")
    assert load(folder).template.user == "句子：{text}"
    (folder / "mine.toml").write_text('system = "s"\nuser = "u"\n', "utf-8")
    with pytest.raises(ManifestError, match=r"place \{text\}"):
        load(folder)


def test_the_default_is_an_adapter_of_the_base(folder: Path) -> None:
    """registry.toml names it; a setting overrides it. One of another base is refused where it was
    asked for, and left out with its aliases where the folder serves several bases."""
    folder.with_name("registry.toml").write_text('default = "clue"\n', "utf-8")
    assert registry.load(folder.parent, BASE, None).resolve(None).engine_name == ENGINE_NAME
    assert registry.load(folder.parent, BASE, BASE).resolve(None).name == BASE
    with pytest.raises(RegistryError, match="expected one of Other"):
        registry.load(folder.parent, "Other", "clue")
    folder.with_name("registry.toml").write_text(
        'default = "live"\n[aliases]\nlive = "clue"\n', "utf-8"
    )
    other = registry.load(folder.parent, "Other", None)
    assert (other.default, dict(other.aliases)) == ("Other", {})
    assert registry.load(folder.parent, BASE, None).default == "clue"
    folder.with_name("registry.toml").write_text("default = 3\n", "utf-8")
    with pytest.raises(ManifestError, match="default = 3"):
        registry.load(folder.parent, BASE, None)


def test_an_empty_folder_leaves_the_base_model(tmp_path: Path) -> None:
    """Without adapters there is still open extraction."""
    only = registry.load(tmp_path, BASE, None)
    assert only.resolve(None).is_open
    with pytest.raises(ModelNotFound, match=f"'clue'; expected one of {BASE}"):
        only.resolve("clue")


def test_labels_are_chosen_in_the_manifests_order(folder: Path) -> None:
    """The order that the adapter was trained on, whatever the request's."""
    served = Served.tuned(load(folder))
    assert [label.name for label in served.choose(["name", "company"])] == ["company", "name"]
    assert served.choose(None) == served.labels
    with pytest.raises(InvalidRequest, match="'person'; expected labels of clue: company, name"):
        served.choose(["person"])


def test_adapters_of_other_bases_are_not_served(folder: Path) -> None:
    """They stay in the folder for the day when their base is served."""
    assert list(Registry.of("Other", [load(folder)]).models) == ["Other"]
