"""The pictures beside an adapter, drawn by the trainer's Python, where matplotlib is."""

from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.training.work_folder import LOG
from deploy.factory.trainer import TrainerFailed, run, trainer_python

Tell = Callable[[str], None]


def beside(
    home: Path, weights: Path, reports: Sequence[Path], folder: Path, tell: Tell
) -> list[Path]:
    """What is to lie beside ``weights``, a folder: its log if there is one, and pictures of it and
    of each report, drawn into ``folder``. Without the trainer's Python there are no pictures.
    Raises TrainerFailed for one that could not be drawn.
    """
    log = next((path for path in (weights / LOG, weights.parent / LOG) if path.is_file()), None)
    found = [log] if log else []
    wanted = [("loss-figure", log, folder / "loss.png")] if log else []
    wanted += [("label-figure", path, folder / f"f1-{path.stem}.png") for path in reports]
    try:
        python = trainer_python(home, tell)
    except TrainerFailed as exc:
        tell(f"no pictures: {exc}")
        return found
    for stage, source, picture in wanted:
        if status := run(python, stage, source, picture):
            raise TrainerFailed(f"{picture.name} was not drawn from {source} (status {status})")
        found.append(picture)
    return found
