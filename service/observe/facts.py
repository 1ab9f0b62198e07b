"""A gauge of what is so: 1 for each set of labels, all of which are replaced at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class Facts(Collector):
    """Where several workers count together, each tells what it knows itself: nothing adds up."""

    def __init__(
        self, name: str, text: str, labels: Sequence[str], registry: CollectorRegistry
    ) -> None:
        self._name, self._text, self._labels = name, text, labels
        self._rows: list[list[str]] = []
        registry.register(self)

    def tell(self, rows: Iterable[Mapping[str, str]]) -> None:
        """From now on these and no others."""
        self._rows = [[row[label] for label in self._labels] for row in rows]

    def collect(self) -> Iterator[Metric]:
        """As the registry asks for it."""
        family = GaugeMetricFamily(self._name, self._text, labels=self._labels)
        for row in self._rows:
            family.add_metric(row, 1)
        yield family
