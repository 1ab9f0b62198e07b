"""Files that a command would write over."""

from collections.abc import Callable
from pathlib import Path


def refuse_taken(out: Path, may_be_replaced: Callable[[Path], bool] | None = None) -> None:
    """Raises BulkFailed for what somebody wrote, but where it is what the command writes itself."""
    from deploy.bulk.errors import BulkFailed
    from deploy.bulk.state import has_content

    if has_content(out) and not (may_be_replaced and may_be_replaced(out)):
        raise BulkFailed(f"{out} is there already; expected a new name")
