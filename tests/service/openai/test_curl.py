"""curl: the README's way, and what a shell gets."""

import json
import subprocess

from tests.conftest import Gateway
from tests.support.fake_engine import streams
from tests.support.openai_script import CHAT, DONE, MESSAGES, chat_answer, event, public, writes
from tests.support.tools import tool


class TestCurl:
    """With the command's own idea of HTTP."""

    def curl(self, gateway: Gateway, body: object, *options: str) -> bytes:
        """What curl prints."""
        command = [tool("curl"), "-sS", "--noproxy", "*", *options, gateway.url + CHAT]
        command += ["-H", "content-type: application/json", "-d", json.dumps(body)]
        return subprocess.run(command, capture_output=True, check=True, timeout=20).stdout

    def test_an_answer(self, gateway: Gateway) -> None:
        """Whole."""
        gateway.engine.script = writes(chat_answer("叶"))
        assert self.curl(gateway, {"messages": MESSAGES}) == public(chat_answer("叶"))

    def test_a_stream(self, gateway: Gateway) -> None:
        """As it comes."""
        gateway.engine.script = streams(event("叶"), DONE)
        body = {"messages": MESSAGES, "stream": True}
        assert self.curl(gateway, body, "-N") == public(event("叶")) + DONE

    def test_over_http_1_0(self, gateway: Gateway) -> None:
        """A stream ends with the connection."""
        gateway.engine.script = streams(event("叶"), DONE)
        body = {"messages": MESSAGES, "stream": True}
        assert self.curl(gateway, body, "-N", "-0") == public(event("叶")) + DONE
