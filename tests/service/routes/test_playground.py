"""The playground's files, as the gateway serves them."""

import tomllib
from pathlib import Path

from service.routes.playground import FOLDER
from tests.conftest import Gateway, running
from tests.service.guard.test_keys import table


def test_the_page_has_a_strict_policy_and_an_etag(gateway: Gateway) -> None:
    """A browser that has the page is told so."""
    page = gateway.client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    again = gateway.client.get("/", headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_file_is_served(gateway: Gateway) -> None:
    """Byte for byte, and nothing else is."""
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        name = path.relative_to(FOLDER).as_posix()
        assert gateway.client.get(f"/playground/{name}").content == path.read_bytes()
    for name in ("other.js", "form", "form/", "%2e%2e/app.py", "form%2f..%2fpage.js", "/page.js"):
        assert gateway.client.get(f"/playground/{name}").status_code == 404, name


def test_no_key_is_asked_for_the_page_but_for_the_api(adapters: Path, tmp_path: Path) -> None:
    """The page has to load before a key can be typed into it."""
    keys = tmp_path / "keys.toml"
    keys.write_text(table("one", "key-of-one", "extract"), encoding="utf-8")
    with running(adapters, api_keys_file=keys) as gateway:
        assert gateway.client.get("/").status_code == 200
        assert gateway.client.get("/playground/page.js").status_code == 200
        assert gateway.client.get("/v1/models").status_code == 401


def test_the_files_are_packaged() -> None:
    """A wheel has them as an editable installation does."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    assert "playground/**/*" in project["tool"]["setuptools"]["package-data"]["service"]
