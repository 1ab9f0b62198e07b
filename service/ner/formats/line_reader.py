"""Reading a completion line by line: what the formats of lines share."""

from abc import abstractmethod
from collections.abc import Sequence

from service.ner.formats.reader import Reader
from service.ner.types import Dropped, Label, Mention


class LineReader(Reader):
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


class MentionLineReader(LineReader):
    """A line is one mention, or says nothing."""

    @abstractmethod
    def read(self, row: str) -> Mention | Dropped | None:
        """What a line says; None for one that says that there is nothing."""

    def row(self, row: str, start: int, end: int) -> None:
        """Keep what it says."""
        item = self.read(row)
        if item is not None:
            self.reading.add(item, start, end)

    def end(self, *, complete: bool) -> None:
        """A last line that was cut off is dropped, and so is an answer of blanks."""
        cut = self.last(complete=complete)
        if cut is not None and cut.strip():
            self.reading.malformed(cut)
        if not self.text.strip():
            self.reading.malformed(self.text)
