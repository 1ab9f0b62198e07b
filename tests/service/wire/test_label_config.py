"""Label Studio's labelling configs: what may be labelled where, and what is refused."""

import re
from collections.abc import Mapping

import pytest

from service.wire.label_config import ConfigError, read

LABELS = '<Labels name="label" toName="text"><Label value="company"/></Labels>'
TEXT = '<Text name="text" value="$text"/>'


def shown(config: str) -> list[tuple[str, str, dict[str, tuple[str, str]]]]:
    """Each text: its name, its key, its labels with control and hint."""
    return [
        (one.name, one.key, {n: (label.control, label.hint) for n, label in one.labels.items()})
        for one in read(config)
    ]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (f"<View>{LABELS}{TEXT}</View>", [("text", "text", {"company": ("label", "")})]),
        (f"<View>{TEXT}{LABELS}</View>", [("text", "text", {"company": ("label", "")})]),
        (
            '<?xml version="1.0" encoding="gb2312"?><View><Text name="正文" value="$文"/><Labels '
            'name="l" toName="正文"><View><Label value="机构" alias="company" hint="公司"/></View>'
            "</Labels></View>",
            [("正文", "文", {"company": ("l", "公司")})],
        ),
        (  # two texts, of which one control is for both
            '<View><Labels name="a" toName="one,two"><Label value="x"/></Labels>'
            '<Labels name="b" toName="two"><Label value="y"/></Labels>'
            '<Text name="one" value="$1"/><Text name="two" value="$2"/></View>',
            [("one", "1", {"x": ("a", "")}), ("two", "2", {"x": ("a", ""), "y": ("b", "")})],
        ),
        (  # beside what is none of ours
            f'<View><Image name="i" value="$i"/><Choices name="c" toName="text"><Choice value="n"/>'
            f'</Choices>{LABELS}{TEXT}<Text name="title" value="$title"/></View>',
            [("text", "text", {"company": ("label", "")})],
        ),
    ],
)
def test_texts_and_their_labels(config: str, expected: list[object]) -> None:
    """As Label Studio reads them: an alias is the label's name, the order does not matter."""
    assert shown(config) == expected


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, "is no string"),
        ("", "is not XML: no element found"),
        ("<View>", "is not XML: no element found"),
        ("<View></View></View>", "is not XML: not well-formed"),
        (f"<View>{TEXT}</View>", "has no Labels with a Label"),
        (f"<View>{LABELS}</View>", "has no Labels with a Label"),
        ('<View><Labels name="l" toName="t"/><Text name="t" value="$t"/></View>', "has no Labels"),
        (f'<View>{LABELS}<HyperText name="text" value="$text"/></View>', "has no Labels"),
        (f'<View>{LABELS}<Text name="text" value="a"/></View>', "has no Labels"),
        (
            f'<View>{LABELS}<Text name="text" value="$url" valueType="url"/></View>',
            "has valueType url at the Text text: nothing is fetched",
        ),
        ('<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>', "has a document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><View/>', "has a document type"),
    ],
)
def test_what_is_refused(config: object, says: str) -> None:
    """With what is wrong; entities are not expanded, they are not even read."""
    with pytest.raises(ConfigError, match=f"^{re.escape(says)}.*; expected a labelling config"):
        read(config)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a": {"b": "text"}}, "text"),
        ({"a.b": "text", "a": {"b": "other"}}, "text"),
        ({"a": "text"}, None),
        ({}, None),
    ],
)
def test_where_a_task_has_its_text(data: Mapping[str, object], expected: object) -> None:
    """By its key, or further in by the key's parts."""
    config = f'<View>{LABELS}<Text name="text" value="$a.b"/></View>'
    assert read(config)[0].of(data) == expected


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("<View>" + "".join(f'<Text name="{n}" value="$t"/>' for n in range(21)), "20 Texts"),
        ('<Labels name="l" toName="t">' + '<Label value="x"/>' * 1001, "1000 Labels"),
        ("<View>" + "".join(f'<Labels name="{n}"/>' for n in range(1001)), "1000 Labels"),
        (f'<Labels name="l" toName="{"," * 5141}">', "5140 characters at a Labels"),
        ("<View>" * 101, "100 elements"),
        (
            '<View><Text name="t" value="$t"/><Text name="u" value="$u"/>'
            '<Labels name="l" toName="t,u">' + '<Label value="x"/>' * 501 + "</Labels></View>",
            "1000 Labels, each counted for each of its Texts",
        ),
    ],
)
def test_no_config_takes_time(config: str, says: str) -> None:
    """Every label may be for every text; more of them than anybody has are refused at once."""
    with pytest.raises(ConfigError, match=f"(more|deeper) than {says}"):
        read(config)
