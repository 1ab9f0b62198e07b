"""HTML and SVG as strings. What comes from a report goes through ``words``, or is an attribute."""

import html
import unicodedata
from collections.abc import Iterable, Sequence

Point = tuple[float, float]


def words(value: object) -> str:
    """As text; what has no UTF-8 (half a surrogate pair) as its escape."""
    return html.escape(str(value).encode("utf-8", "backslashreplace").decode())


def element(name: str, *inside: str, **attributes: object) -> str:
    """``class_`` is class, ``stroke_width`` stroke-width; values are escaped, ``inside`` is not."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{words(_shown(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{''.join(inside)}</{name}>"


def shortened(name: str, widest: int = 24) -> str:
    """A name that fits beside a picture: Chinese characters are twice as wide as Latin ones."""
    width = 0
    for place, character in enumerate(name):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > widest:
            return f"{name[: place - 1]}…"
    return name


def _shown(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value


def picture(width: int, height: int, title: str, *inside: str) -> str:
    """An SVG that shrinks with the window; ``title`` is what a screen reader says."""
    return element(
        "svg",
        *inside,
        viewBox=f"0 0 {width} {height}",
        style=f"max-width: {width}px",
        role="img",
        aria_label=title,
    )


def label(x: float, y: float, value: object, anchor: str = "start", **attributes: object) -> str:
    """A line of text in a picture."""
    return element("text", words(value), x=x, y=y, text_anchor=anchor, **attributes)


def line(start: Point, end: Point, class_: str) -> str:
    """A straight line."""
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=class_)


def curve(points: Iterable[Point], class_: str) -> str:
    """A line through all points."""
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", points=places, class_=class_)


def dot(place: Point, class_: str, says: str, radius: float = 4) -> str:
    """A point that says something when it is pointed at."""
    title = element("title", words(says))
    return element("circle", title, cx=place[0], cy=place[1], r=radius, class_=class_)


def table(head: Sequence[str], body: Iterable[Sequence[str]], class_: str = "") -> str:
    """Cells are text; the first of each row is its heading."""
    top = element("tr", *(element("th", words(cell), scope="col") for cell in head))
    rows = (
        element("tr", element("th", words(row[0]), scope="row"), *(_cell(one) for one in row[1:]))
        for row in body
    )
    whole = element("table", element("thead", top), element("tbody", *rows), class_=class_)
    return element("div", whole, class_="wide")


def _cell(text: str) -> str:
    return element("td", words(text))


def section(title: str, *inside: str) -> str:
    """A part of the page with its heading."""
    return element("section", element("h2", words(title)), *inside)


def paragraph(text: str) -> str:
    """A paragraph of text."""
    return element("p", words(text))


def key(*entries: tuple[str, str]) -> str:
    """What the colours mean: (class, words)."""
    return element(
        "p",
        *(
            element("span", element("i", class_=class_), words(text), class_="key")
            for class_, text in entries
        ),
    )
