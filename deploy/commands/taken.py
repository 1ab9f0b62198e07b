"""Files that a command would write over, names that mean something already."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.settings import Settings


def refuse_taken(out: Path, may_be_replaced: Callable[[Path], bool] | None = None) -> None:
    """Raises BulkFailed for what somebody wrote, but where it is what the command writes itself."""
    from deploy.bulk.errors import BulkFailed
    from deploy.bulk.state import has_content

    if has_content(out) and not (may_be_replaced and may_be_replaced(out)):
        raise BulkFailed(f"{out} is there already; expected a new name")


def refuse_taken_name(settings: "Settings", name: str) -> None:
    """Raises ManifestError for an adapter's name that is an alias's or a base model's."""
    from deploy.pull.catalogue import read_catalogue
    from service.models import names

    names.refuse_taken(settings.adapters, name, {settings.base_model, *read_catalogue().models})
