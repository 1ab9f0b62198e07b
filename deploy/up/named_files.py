"""Files that settings name, read before anything is started."""

from collections.abc import Iterator

from service.doors import label_names
from service.engine.client import trusted
from service.guard import keys
from service.settings import Settings, SettingsError


def unusable(settings: Settings) -> Iterator[str]:
    """What `nerve serve` would say of those that it would refuse, each with its setting's name."""
    for name, read, path in (
        ("NERVE_API_KEYS_FILE", keys.load, settings.api_keys_file),
        ("NERVE_LABEL_NAMES", label_names.load, settings.label_names),
        ("NERVE_ENGINE_CA", trusted, settings.engine_ca),
    ):
        try:
            if path is not None:
                read(path)
        except SettingsError as exc:
            said = str(exc)
            yield said if said.startswith(name) else f"{name}: {said}"
