"""Errors whose message is all that the person at the terminal needs."""

from adapters.calibrating.sentences import CalibrateError
from adapters.data.readers import DataError
from adapters.measuring.live_service import EvaluationError
from adapters.measuring.report import ReportError
from adapters.recipe import RecipeError
from adapters.registering.trained import RegisterError
from deploy.bulk.errors import BulkFailed
from deploy.client import AskFailed
from deploy.engine.admission import LaunchRefused
from deploy.engine.device import DeviceRefused
from deploy.engine.installer import EnvironmentNotMade
from deploy.factory.trainer import TrainerFailed
from deploy.pull.errors import PullError
from deploy.up.supervised import UpFailed
from service.models.manifest import ManifestError
from service.models.registry import RegistryError
from service.settings import SettingsError

FOR_PEOPLE = (
    AskFailed,
    BulkFailed,
    CalibrateError,
    DataError,
    DeviceRefused,
    EnvironmentNotMade,
    EvaluationError,
    LaunchRefused,
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
