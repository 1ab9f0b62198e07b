"""The series of all workers of a gateway as one: whichever is asked tells of them all.

prometheus_client's multiprocess mode: each worker counts in files of its own, named after its
number, in which its successor goes on counting. What that mode leaves out is added: exemplars,
those of the worker that is asked, and what the system tells of processes.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar, Sample

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_TICKS = os.sysconf("SC_CLK_TCK")
# Of the system's series, those that are not added up.
_FIRST = "process_start_time_seconds"
_FILES, _MOST_FILES = "process_open_fds", "process_max_fds"
_CPU, _MEMORY = "process_cpu_seconds", "process_resident_memory_bytes"


def count_in(folder: Path, worker: int) -> None:
    """From here on, what this process counts is counted in files of ``folder``.

    Series that are already there stay as they are.
    """
    os.environ[_FOLDER] = str(folder)
    shared = values.MultiProcessValue(lambda: worker)  # type: ignore[no-untyped-call]

    class WithExemplar(shared):  # type: ignore[misc, valid-type]
        """Kept in memory: an example need not outlive its process."""

        _exemplar = None

        def set_exemplar(self, exemplar: Exemplar | None) -> None:
            self._exemplar = exemplar

        def get_exemplar(self) -> Exemplar | None:
            return self._exemplar

    values.ValueClass = WithExemplar


def forget(folder: Path, worker: int) -> None:
    """It has died: what it was doing is over; what it has counted stays."""
    mark_process_dead(worker, str(folder))  # type: ignore[no-untyped-call]


class Together(Collector):
    """What is to be shown in place of ``own``, this worker's registry.

    ``pids``: the process that watches over the workers, and theirs.
    """

    def __init__(self, folder: Path, pids: Callable[[], Sequence[int]]) -> None:
        self._folder, self._pids = folder, pids

    def of(self, own: CollectorRegistry) -> CollectorRegistry:
        """A registry with the series of all; those that no worker counts in files are its own."""
        shown = CollectorRegistry()
        shown.register(_Merged(own, self))
        return shown

    def collect(self) -> Iterator[Metric]:
        """What is counted in files, and what the system tells."""
        collector = MultiProcessCollector(None, str(self._folder))  # type: ignore[no-untyped-call]
        yield from collector.collect()  # type: ignore[no-untyped-call]
        yield from self._of_the_system()

    def _of_the_system(self) -> Iterator[Metric]:
        watcher, *workers = self._pids()
        families: dict[str, Metric] = {}
        for pid in (watcher, *workers):
            for family in _of_process(pid):
                known = families.setdefault(family.name, family)
                if known is not family:
                    known.samples += family.samples
        fullest = _fullest(families)
        for family in families.values():
            family.samples = [_as_one(family, fullest)]
        if cpu := families.get(_CPU):
            # With that of workers that are no more, or the counter would run backwards.
            (sample,) = cpu.samples
            cpu.samples = [sample._replace(value=sample.value + _ended_cpu_s(watcher))]
        yield from families.values()


class _Merged(Collector):
    def __init__(self, own: CollectorRegistry, together: Together) -> None:
        self._own, self._together = own, together

    def collect(self) -> Iterator[Metric]:
        of_all = {family.name: family for family in self._together.collect()}
        for family in self._own.collect():
            found = of_all.get(family.name)
            if found is not None:
                family.samples = list(_with_exemplars(found.samples, family.samples))
            yield family


def _with_exemplars(samples: Iterable[Sample], own: Iterable[Sample]) -> Iterator[Sample]:
    known = {_key(one): one.exemplar for one in own if one.exemplar}
    for one in samples:
        yield one._replace(exemplar=known.get(_key(one))) if known else one


def _key(sample: Sample) -> tuple[str, frozenset[tuple[str, str]]]:
    return sample.name, frozenset(sample.labels.items())


def _of_process(pid: int) -> Iterator[Metric]:
    for family in ProcessCollector(pid=lambda: pid, registry=None).collect():
        if family.name == _MEMORY:
            (sample,) = family.samples
            family.samples = [sample._replace(value=_memory(pid) or sample.value)]
        yield family


def _memory(pid: int) -> int | None:
    """Bytes, pages that several share by halves and thirds: they are there once. None where the
    system does not say."""
    with suppress(OSError):
        found = re.search(r"(?m)^Pss:\s*(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text())
        return int(found[1]) * 1024 if found else None
    return None


def _fullest(families: Mapping[str, Metric]) -> int:
    """Of the processes, the one that is nearest to its limit of files: each has one of its own."""
    if _FILES not in families or _MOST_FILES not in families:
        return 0
    pairs = zip(families[_FILES].samples, families[_MOST_FILES].samples, strict=False)
    shares = [files.value / most.value for files, most in pairs]
    return shares.index(max(shares))


def _as_one(family: Metric, fullest: int) -> Sample:
    of_each = [sample.value for sample in family.samples]
    if family.name in (_FILES, _MOST_FILES):
        value = of_each[fullest]
    else:
        value = min(of_each) if family.name == _FIRST else sum(of_each)
    return family.samples[0]._replace(value=value)


def _ended_cpu_s(watcher: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{watcher}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / _TICKS
    return 0.0
