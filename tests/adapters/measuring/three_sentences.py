"""Three sentences, and an engine that knows one of their names."""

from typing import Any

from starlette.types import Receive, Send

from adapters.data.examples import Example
from service.ner.types import Entity
from tests.support.fake_engine import completes

GOLD = [
    Example("浙商银行的叶老桂", (Entity("company", 0, 4), Entity("name", 5, 8))),
    Example("没有", ()),
    Example("叶老桂说叶老桂", (Entity("name", 0, 3), Entity("name", 4, 7))),
]
TEXTS = [example.text for example in GOLD]


async def knows_one_name(body: dict[str, Any], receive: Receive, send: Send) -> None:
    """A script: one name wherever it stands, and one that is not there."""
    text = body["messages"][-1]["content"]
    found = "姓名：叶老桂\n姓名：张三" if "叶老桂" in text else "无"
    await completes(found)(body, receive, send)
