"""Requests that nobody should send, made from a seed: the same seed, the same bytes."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

POSTS = (
    b"/extract", b"/extract?format=hf", b"/extract?format=%00", b"/redact", b"/extract/batch",
    b"/v1/chat/completions", b"/v1/completions", b"/tokenize", b"/detokenize", b"/adapters",
)  # fmt: skip
METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI",
           b"get", b"G\xc3\x89T", b"", b"A" * 300)  # fmt: skip
PATHS = (
    b"/", b"*", b"//", b"/extract/", b"/../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/%00",
    b"/%ff%fe", b"/\xff\xfe", b"/v1/models/%2F..%2F..", b"/v1/models/" + b"a" * 4000,
    b"/adapters/..%2f..%2fx", b"/playground/..%2f..%2fsettings.py", b"http://other/extract", b"/?" +
    b"a=b&" * 900, b"/extract#x", b"/ extract", b"", b"/live", b"/metrics", b"/docs",
)  # fmt: skip
VALUES: tuple[object, ...] = (
    None, True, 0, -1, 1.5, 1e308, 10**400, "", "\0", "\ud800", "甲" * 50, [], [[]], {}, {"a": {}},
    ["x"] * 120, "<|im_end|>", "\u202e", "NaN", [None], {"": ""}, "a" * 70,
)  # fmt: skip
FIELDS = (
    "text", "texts", "model", "labels", "examples", "offsets", "constraint", "min_score", "scores",
    "mask", "messages", "prompt", "stream", "max_tokens", "n", "stop", "response_format", "tools",
    "structured_outputs", "logprobs", "name", "tokens", "", "__proto__", "stream_options",
)  # fmt: skip
HEADERS = (
    b"content-length", b"transfer-encoding", b"content-type", b"host", b"connection", b"expect",
    b"authorization", b"x-nerve-deadline-ms", b"x-request-id", b"content-encoding", b"upgrade",
    b"traceparent", b"accept", b"accept-encoding", b"cookie", b"range", b"te", b"trailer",
    b"x-http-method-override", b"origin", b"access-control-request-method", b"if-none-match",
)  # fmt: skip
HEADER_VALUES = (
    b"", b"0", b"-1", b"+5", b"5, 5", b"0x10", b"1e3", b"9" * 40, b"\xff\xfe", b"\x00", b"a\rb",
    b"chunked", b"gzip, chunked", b"identity", b"100-continue", b"Bearer ", b"Bearer \xe7\x94\xb2",
    b"Basic !!!", b"nan", b"inf", b"-0", b"1", b"websocket", b"*", b'"', b"a" * 5000, b"close",
    b"application/json; charset=utf-16", b"text/plain", b"multipart/form-data", b"; ;;",
    b"00-0-0-0",
)  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """The bytes, of which kind they are, and whether they are surely a whole request."""

    kind: str
    data: bytes
    whole: bool


def hostile(seed: int, count: int) -> Iterator[Hostile]:
    """``count`` of them, of every kind in turn."""
    chance = random.Random(seed)
    kinds = tuple(KINDS.items())
    for number in range(count):
        name, make = kinds[number % len(kinds)]
        data, whole = make(chance)
        yield Hostile(name, data, whole)


def _any_bytes(chance: random.Random, most: int) -> bytes:
    return chance.randbytes(chance.randint(0, most))


def _value(chance: random.Random, depth: int = 0) -> object:
    if depth < 3 and chance.random() < 0.3:
        members = range(chance.randint(0, 4))
        if chance.random() < 0.5:
            return [_value(chance, depth + 1) for _ in members]
        return {chance.choice(FIELDS): _value(chance, depth + 1) for _ in members}
    return chance.choice(VALUES)


def _json(chance: random.Random) -> bytes:
    """An object with fields that we know and values that we do not."""
    fields = {chance.choice(FIELDS): _value(chance) for _ in range(chance.randint(1, 6))}
    if chance.random() < 0.5:
        fields["text"] = "浙商银行叶老桂"
    return json.dumps(fields, ensure_ascii=chance.random() < 0.7).encode("utf-8", "surrogatepass")


def _broken(chance: random.Random) -> bytes:
    """JSON that something happened to."""
    body = bytearray(_json(chance))
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(5):
            case 0:
                del body[at : at + chance.randint(1, 20)]
            case 1:
                body[at:at] = _any_bytes(chance, 6)
            case 2:
                body[at:at] = chance.choice(
                    (b"\xef\xbb\xbf", b"NaN", b"\\ud800", b'"', b"}", b"\0")
                )
            case 3:
                body[at:at] = body[: chance.randint(0, 40)]
            case _:
                body[at:at] = chance.choice((b"[", b"{", b'{"a":')) * chance.randint(1, 3000)
    return bytes(body)


def _odd(chance: random.Random) -> bytes:
    """Bodies that are no JSON of any kind, or too much of it."""
    return chance.choice(
        (
            b"", b"null", b"[]", b'"text"', b"[" * 100_000, b'{"text":' * 20_000, b"1" * 10_000,
            b'{"text": "a", "text": "b"}', b'{"text": "\\u0000"}',
            '{"text": "甲"}'.encode("utf-16"),
            b'{"text": 1e999999}', b'{"min_score": 1' + b"0" * 5000 + b"}",
            _any_bytes(chance, 4000),
            b'{"text": "' + b"a" * 20_000 + b'"}', b"\n" * 5000, b'{"texts": [' + b"0," * 5000 +
            b"0]}", b'{"labels": {"' + b"a" * 65 + b'": ""}, "text": "a"}',
        )
    )  # fmt: skip


def _request(chance: random.Random, body: bytes, *more: bytes) -> bytes:
    path = chance.choice(POSTS)
    kind = chance.choice((b"application/json",) * 6 + HEADER_VALUES[-5:-2] + (b"",))
    head = [b"POST " + path + b" HTTP/1.1", b"host: localhost", b"content-type: " + kind, *more]
    return b"\r\n".join([*head, b"content-length: %d" % len(body), b"", body])


def _with(make: Callable[[random.Random], bytes]) -> Callable[[random.Random], tuple[bytes, bool]]:
    return lambda chance: (_request(chance, make(chance)), True)


def _headers(chance: random.Random) -> tuple[bytes, bool]:
    """A good request with headers that are not; nobody knows where its body ends."""
    more = []
    for _ in range(chance.randint(1, 5)):
        name = chance.choice(HEADERS) if chance.random() < 0.8 else _any_bytes(chance, 12)
        value = chance.choice(HEADER_VALUES) if chance.random() < 0.8 else _any_bytes(chance, 40)
        more.append(name + b": " + value)
    return _request(chance, b'{"text": "a"}', *more), False


def _many_headers(chance: random.Random) -> tuple[bytes, bool]:
    more = [b"x-%d: %s" % (n, b"a" * chance.randint(0, 400)) for n in range(chance.randint(1, 90))]
    return _request(chance, b'{"text": "a"}', *more), False


def _lines(chance: random.Random) -> tuple[bytes, bool]:
    """Request lines."""
    version = chance.choice((b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b"", b"X"))
    path = chance.choice(PATHS) if chance.random() < 0.7 else b"/" + _any_bytes(chance, 60)
    line = chance.choice(METHODS) + b" " + path + b" " + version
    return line + b"\r\nhost: localhost\r\n\r\n", False


def _chunks(chance: random.Random) -> tuple[bytes, bool]:
    head = (
        b"POST "
        + chance.choice(POSTS)
        + b" HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n"
    )
    body = _json(chance)
    size = chance.choice((b"%x" % len(body), b"-1", b"zz", b"%x" % (len(body) + 9), b"f" * 20, b""))
    end = chance.choice(
        (b"\r\n0\r\n\r\n", b"\r\n", b"", b"\r\n0\r\nx: y\r\n\r\n", b"0;a=b\r\n\r\n")
    )
    return head + b"content-type: application/json\r\n\r\n" + size + b"\r\n" + body + end, False


def _two(chance: random.Random) -> tuple[bytes, bool]:
    """One behind the other, on one connection."""
    return _request(chance, _json(chance)) + _request(chance, _broken(chance)), True


def _cut(chance: random.Random) -> tuple[bytes, bool]:
    whole = _request(chance, _json(chance))
    return whole[: chance.randrange(len(whole))], False


def _noise(chance: random.Random) -> tuple[bytes, bool]:
    tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    return chance.choice((b"", tls, b"PRI * HTTP/2.0\r\n\r\n", b"\r\n" * 50)) + _any_bytes(
        chance, 600
    ), False


KINDS: dict[str, Callable[[random.Random], tuple[bytes, bool]]] = {
    "fields": _with(_json),
    "broken JSON": _with(_broken),
    "odd bodies": _with(_odd),
    "headers": _headers,
    "many headers": _many_headers,
    "request lines": _lines,
    "chunks": _chunks,
    "two at once": _two,
    "cut short": _cut,
    "noise": _noise,
}
