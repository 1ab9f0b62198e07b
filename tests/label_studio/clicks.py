"""What a person does in Label Studio's pages."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.label_studio.studio import PASSWORD, USER, Studio

# The button of what may be done with the chosen tasks.
_CHOSEN = re.compile(r"^\d+ Tasks?$")
_SUBMIT = "button:has-text('Submit')"
# Marked characters of the text, in its order.
_MARKED = "marks => marks.map((mark) => mark.textContent)"
# Label Studio fills a form in by a timer of 50 ms, over what has been typed by then; a timer set
# when the form is there ends behind it.
_FILLED = "() => new Promise((filled) => setTimeout(filled, 50))"
# Where the n-th place of a surface is on the page; marks that were taken away leave text in pieces.
_SELECT = """([surface, nth]) => {
  const root = document.querySelector('[class*="lsf-richtext"]') || document.body;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  const whole = nodes.map((node) => node.data).join('');
  let at = whole.indexOf(surface);
  for (; nth > 0 && at >= 0; nth--) at = whole.indexOf(surface, at + 1);
  if (at < 0) return null;
  const ends = [at, at + surface.length - 1].map((place) => {
    const node = nodes.find((one) => place < one.length || (place -= one.length, false));
    return [node, place];
  });
  const range = document.createRange();
  range.setStart(...ends[0]);
  range.setEnd(ends[1][0], ends[1][1] + 1);
  const places = [...range.getClientRects()].filter((one) => one.width > 0);
  const [first, last] = [places[0], places[places.length - 1]];
  return [first.left, last.right, (first.top + first.bottom) / 2];
}"""


class Person:
    """Somebody at a browser; ``pictures`` is the folder for what they see, None for no pictures."""

    def __init__(self, page: Page, studio: Studio, pictures: Path | None) -> None:
        self._page, self._studio, self._pictures = page, studio, pictures

    def log_in(self) -> None:
        """With name and password."""
        self._open("/user/login/")
        self._page.fill("input[name=email]", USER)
        self._page.fill("input[name=password]", PASSWORD)
        with self._page.expect_navigation():
            self._page.press("input[name=password]", "Enter")

    def connect(self, project: int, backend: str, key: str, picture: str = "") -> None:
        """Settings, Model, Connect Model: the address, and the key as the password."""
        self._open(f"/projects/{project}/settings/ml")
        self._page.get_by_text("Connect Model", exact=True).click()
        self._page.fill("input[name=title]", "Nerve")
        self._page.fill("input[name=url]", backend)
        self._page.locator("button", has_text="No Authentication").click()
        self._page.get_by_text("Basic Authentication").last.click()
        self._page.fill("input[name=basic_auth_user]", "nerve")
        self._page.fill("input[name=basic_auth_pass]", key)
        self._picture(picture)
        self._page.get_by_role("button", name="Save machine learning form").click()
        expect(self._page.get_by_text("Connected", exact=True)).to_be_visible()

    def move(self, project: int, backend: str, picture: str = "") -> None:
        """Settings, Model, the three dots, Edit: another address, the rest as it is."""
        self._open(f"/projects/{project}/settings/ml")
        self._page.get_by_role("button", name="Machine learning model options").click()
        self._page.get_by_text("Edit", exact=True).click()
        address = self._page.locator("input[name=url]")
        expect(address).not_to_have_value("")
        self._page.evaluate(_FILLED)
        address.fill(backend)
        self._picture(picture)
        self._page.get_by_role("button", name="Save machine learning form").click()
        expect(address).to_be_hidden()
        expect(self._page.get_by_text("Connected", exact=True)).to_be_visible()
        assert self._studio.backends(project) == [backend], "the address was not saved"

    def export(self, project: int, out: Path, picture: str = "") -> None:
        """Export, and Export again, since JSON is chosen: the file that the browser gets."""
        self._open(f"/projects/{project}/data/export")
        expect(self._page.get_by_role("button", name="Export data")).to_be_visible()
        self._picture(picture)
        with self._page.expect_download() as got:
            self._page.get_by_role("button", name="Export data").click()
        got.value.save_as(out)

    def retrieve(self, project: int) -> None:
        """All tasks, Actions, Retrieve Predictions."""
        self._open(f"/projects/{project}/data")
        self._page.get_by_role("checkbox").first.check(force=True)
        self._page.locator("button", has_text=_CHOSEN).click()
        self._page.get_by_text("Retrieve Predictions").click()
        self._page.locator("button", has_text="OK").click()

    def look(self, project: int, task: int, picture: str = "", some: bool = True) -> list[str]:
        """Open a task; what is marked in its text. ``some``: is anything to be?"""
        self._open(f"/projects/{project}/data?task={task}")
        marks = self._page.locator(".htx-highlight")
        expect(marks.first if some else self._page.locator(_SUBMIT).first).to_be_visible()
        self._picture(picture)
        found: list[str] = marks.evaluate_all(_MARKED)
        return found

    def take_away(self, nth: int) -> None:
        """Click on a marked place, and the key for deleting."""
        self._page.locator(".htx-highlight").nth(nth).click()
        self._page.keyboard.press("Backspace")

    def mark(self, label: str, surface: str, nth: int = 0) -> None:
        """Choose a label, draw the mouse over a place."""
        self._page.locator(".lsf-label", has_text=label).first.click()
        place = self._page.evaluate(_SELECT, [surface, nth])
        assert place is not None, f"{surface} is not on the page"
        left, right, height = place
        self._page.mouse.move(left + 1, height)
        self._page.mouse.down()
        self._page.mouse.move(right - 1, height, steps=8)
        self._page.mouse.up()

    def submit(self, picture: str = "") -> None:
        """The button."""
        self._picture(picture)
        with self._page.expect_response(lambda answer: "/annotations" in answer.url):
            self._page.locator(_SUBMIT).first.click()

    def _open(self, path: str) -> None:
        self._page.goto(self._studio.url + path)
        self._page.wait_for_load_state("networkidle")

    def _picture(self, name: str) -> None:
        if self._pictures is not None and name:
            path = self._pictures / f"label-studio-{name}.png"
            self._page.screenshot(path=path, animations="disabled")
