"""The reference of errors, from ``service/errors.py``."""

from typing import get_args

from deploy.site.markdown import code, page, table
from service import errors
from service.ner.types import Reason

# Their children are answered, not they.
BRANCHES = (errors.NerveError, errors.EngineFailure)


def errors_page() -> str:
    """Every error with its status and type, and the reasons of what was dropped."""
    rows = [
        (cls.status, code(cls.type), code(cls.__name__), cls.retry_after or "", cls.__doc__ or "")
        for cls in tree(errors.NerveError)
        if cls not in BRANCHES
    ]
    head = ("status", "type", "in the code", "`Retry-After`, seconds", "when")
    return page(
        "Errors",
        'Every error, on every route, is `{"error": {"message", "type", "param", "code"}}`. '
        "What a client does about each: [the gateway](../../service/README.md#errors).",
        table(head, sorted(rows)),
        "What the model said that could not be used is no error. It is in `dropped`, with one of "
        "the reasons " + ", ".join(map(code, get_args(Reason))) + ".",
    )


def tree(root: type[errors.NerveError]) -> list[type[errors.NerveError]]:
    """``root`` and everything below it."""
    return [root, *(cls for child in root.__subclasses__() for cls in tree(child))]
