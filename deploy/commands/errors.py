"""Errors whose message is all that the person at the terminal needs, and how it is put."""

from adapters.calibrating.calibrate import CalibrateError
from adapters.data.readers import DataError
from adapters.measuring.evaluate import EvaluationError
from adapters.measuring.report import ReportError
from adapters.recipe import RecipeError
from adapters.registering.trained import RegisterError
from deploy.bulk.errors import BulkFailed
from deploy.client import AskFailed
from deploy.engine.device import DeviceRefused
from deploy.engine.installer import EnvironmentNotMade
from deploy.factory.trainer import TrainerFailed
from deploy.pull.errors import PullError
from deploy.up.supervised import UpFailed
from service.models.manifest import ManifestError
from service.models.registry import RegistryError
from service.settings import SettingsError
from service.wire.wording import why_unusable

FOR_PEOPLE = (
    AskFailed,
    BulkFailed,
    CalibrateError,
    DataError,
    DeviceRefused,
    EnvironmentNotMade,
    EvaluationError,
    ManifestError,
    OSError,  # a full disk, a folder that cannot be written
    PullError,
    RecipeError,
    RegisterError,
    RegistryError,
    ReportError,
    SettingsError,
    TrainerFailed,
    UpFailed,
)


def told(error: BaseException) -> str:
    """The message; of the system's errors the file and the reason, without a number."""
    if not isinstance(error, OSError):
        return str(error)
    reason = why_unusable(error)
    return f"{error.filename}: {reason}" if error.filename else reason
