"""Reading a completion line by line: what ``lines`` and ``entity_lines`` share."""

from abc import abstractmethod
from collections.abc import Sequence

from service.ner.formats.reading import Reader
from service.ner.types import Label


class Rows(Reader):
    """A line is read when its line break is there, the last one at the completion's end."""

    def __init__(self, labels: Sequence[Label]) -> None:
        super().__init__(labels)
        self._start = self._sought = 0  # of the line; up to where its end has been looked for

    @abstractmethod
    def row(self, row: str, start: int, end: int) -> None:
        """Read one line; ``end`` is behind what ended it, a line break or the completion."""

    def read_on(self) -> None:
        """Every line that has ended."""
        while (end := self.text.find("\n", self._sought)) >= 0:
            self.row(self.text[self._start : end], self._start, end + 1)
            self._start = self._sought = end + 1
        self._sought = len(self.text)

    def last(self, *, complete: bool) -> str | None:
        """Read the last line; or return it, when it was cut off: its surface may lack its end."""
        row = self.text[self._start :]
        if not complete:
            return row
        self.row(row, self._start, len(self.text) + 1)
        return None
