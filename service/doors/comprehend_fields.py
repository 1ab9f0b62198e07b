"""Fields of a request to Comprehend, within the original's limits."""

import re
from typing import Any

from service.doors.asked import field
from service.errors import InvalidRequest
from service.wire.wording import shown

# https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html, in bytes of UTF-8.
MOST_TEXTS = 25
LONGEST_TEXT = 100 * 1024
LONGEST_OF_BATCH = 5 * 1024

_LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW")
_ENDPOINT = re.compile(r"arn:[^:]+:comprehend:[^/]*:entity-recognizer-endpoint/([^/]+)(/.*)?")


def text(values: dict[str, Any]) -> str:
    """The one text; raises InvalidRequest, as do the others here."""
    found = field(values, "Text", str)
    if size(found) > LONGEST_TEXT:
        raise InvalidRequest(
            f"Text has {size(found)} bytes; expected up to {LONGEST_TEXT}",
            param="Text",
            code="TextSizeLimitExceededException",
        )
    return found


def size(text: object) -> int:
    """In bytes of UTF-8; what is no text is refused later, by its place."""
    return len(text.encode("utf-8", "replace")) if isinstance(text, str) else 0


def model(values: dict[str, Any]) -> str | None:
    """The model of an endpoint, whose language holds; without one, the default."""
    if values.get("EndpointArn") is None:
        check_language(values)
        return None
    found = _ENDPOINT.fullmatch(field(values, "EndpointArn", str))
    if found is None:
        raise InvalidRequest(
            "EndpointArn is no endpoint; expected arn:aws:comprehend:…:entity-recognizer-endpoint/"
            "and a model's name",
            param="EndpointArn",
        )
    return found[1]


def check_language(values: dict[str, Any]) -> None:
    """One of the original's. Models here know no languages; they read what they were trained on."""
    language = field(values, "LanguageCode", str)
    if language not in _LANGUAGES:
        raise InvalidRequest(
            f"LanguageCode has {shown(language)}; expected one of {', '.join(_LANGUAGES)}",
            param="LanguageCode",
            code="UnsupportedLanguageException",
        )
