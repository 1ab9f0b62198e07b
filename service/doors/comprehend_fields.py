"""Fields of a request to Comprehend, within the original's limits."""

import re
from typing import Any

from service.doors.asked import TextOrFault, at_most, field, optional, text_or_fault
from service.errors import InvalidRequest, RequestTooLarge
from service.wire.request_errors import as_text
from service.wire.responses import ErrorBody
from service.wire.wording import shown

# https://docs.aws.amazon.com/comprehend/latest/dg/guidelines-and-limits.html, in bytes of UTF-8.
MOST_TEXTS = 25
LONGEST_TEXT = 100 * 1024
LONGEST_OF_BATCH = 5 * 1024
TOO_LONG = ErrorBody(
    message=f"the text is longer than {LONGEST_OF_BATCH} bytes",
    type=RequestTooLarge.type,
    param="TextList",
    code=None,
)

_LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "ar", "hi", "ja", "ko", "zh", "zh-TW")
_ENDPOINT = re.compile(r"arn:[^:]+:comprehend:[^/]*:entity-recognizer-endpoint/([^/]+)(/.*)?")


def text(values: dict[str, Any]) -> str:
    """The one text; raises InvalidRequest, as do the others here."""
    found = as_text(field(values, "Text", str), "Text")
    if size(found) > LONGEST_TEXT:
        raise InvalidRequest(
            f"Text has {size(found)} bytes; expected up to {LONGEST_TEXT}",
            param="Text",
            code="TextSizeLimitExceededException",
        )
    return found


def texts(values: dict[str, Any]) -> list[TextOrFault]:
    """Those of a batch; raises InvalidRequest for more of them than the original takes."""
    given = field(values, "TextList", list)
    at_most(given, MOST_TEXTS, "TextList", "BatchSizeLimitExceededException")
    found = [text_or_fault(one, f"TextList[{place}]") for place, one in enumerate(given)]
    return [one if size(one) <= LONGEST_OF_BATCH else TOO_LONG for one in found]


def size(text: TextOrFault) -> int:
    """In bytes of UTF-8."""
    return len(text.encode()) if isinstance(text, str) else 0


def model(values: dict[str, Any]) -> str | None:
    """The model of an endpoint, whose language holds; without one, the default."""
    optional(values, "LanguageCode", str, "")
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
