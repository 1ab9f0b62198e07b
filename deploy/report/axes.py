"""Axes: from values to places in a picture, with a grid and its numbers."""

import math
from dataclasses import dataclass

from deploy.report.markup import Point, label, line


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` stand at places from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """The place of ``value``; values outside stand at the edge."""
        inside = min(max(value, self.low), self.high)
        share = (self._of(inside) - self._of(self.low)) / (self._of(self.high) - self._of(self.low))
        return self.start + share * (self.end - self.start)

    def _of(self, value: float) -> float:
        return math.log(value) if self.logarithmic else value

    def ticks(self) -> list[float]:
        """Round values, some five of them; on a logarithmic scale 1, 2 and 5 of each decade."""
        if self.logarithmic:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            values = [m * 10.0**power for power in range(first, last + 1) for m in (1, 2, 5)]
            return [value for value in values if self.low <= value <= self.high]
        rough = (self.high - self.low) / 5
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * by for by in (1, 2, 2.5, 5, 10) if rough <= size * by * 1.0001)
        first = math.ceil(self.low / step - 1e-9)
        count = math.floor(self.high / step + 1e-9) - first + 1
        return [round((first + number) * step, 10) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Axes:
    """Two scales: x to the right, y upwards."""

    x: Scale
    y: Scale

    def at(self, x: float, y: float) -> Point:
        """The place of a pair of values."""
        return self.x(x), self.y(y)

    def drawn(self, x_name: str, y_name: str) -> str:
        """The grid, its numbers, and what the axes are."""
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        rows = [line((left, self.y(v)), (right, self.y(v)), "grid") for v in self.y.ticks()]
        rows += [line((self.x(v), bottom), (self.x(v), top), "grid") for v in self.x.ticks()]
        rows += [label(left - 8, self.y(v) + 4, f"{v:g}", "end") for v in self.y.ticks()]
        rows += [label(self.x(v), bottom + 18, f"{v:g}", "middle") for v in self.x.ticks()]
        rows.append(label((left + right) / 2, bottom + 38, x_name, "middle", class_="name"))
        rows.append(label(left, top - 12, y_name, "start", class_="name"))
        return "".join(rows)


def framed(width: int, height: int, x: tuple[float, float], y: tuple[float, float]) -> Axes:
    """Axes in a picture of this size, with room for numbers and names."""
    return Axes(Scale(*x, 56, width - 16), Scale(*y, height - 48, 30))
