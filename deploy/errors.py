"""Errors whose message is all that the person at the terminal needs."""

from adapters.calibrate import CalibrateError
from adapters.evaluate import EvaluationError
from adapters.readers import DataError
from adapters.recipe import RecipeError
from adapters.report import ReportError
from adapters.trained import RegisterError
from deploy.bulk.errors import BulkFailed
from deploy.engine.environment import EnvironmentNotMade
from deploy.pull.errors import PullError
from deploy.trainer import TrainerFailed
from service.manifest import ManifestError
from service.registry import RegistryError
from service.settings import SettingsError


class UpFailed(Exception):
    """What kept the service from coming up, in a sentence, or with the end of a log."""


class AskFailed(Exception):
    """Why a running gateway gave no answer."""


FOR_PEOPLE = (
    AskFailed,
    BulkFailed,
    CalibrateError,
    DataError,
    EnvironmentNotMade,
    EvaluationError,
    ManifestError,
    OSError,  # a full disk, a folder that cannot be written: it names the file
    PullError,
    RecipeError,
    RegisterError,
    RegistryError,
    ReportError,
    SettingsError,
    TrainerFailed,
    UpFailed,
)
