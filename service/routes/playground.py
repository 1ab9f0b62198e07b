"""The Playground: a page at ``/`` and the files it loads, without a key."""

from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response

from service.errors import NotFound

FOLDER = Path(__file__).parent.parent / "playground"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def router() -> APIRouter:
    """The routes; the files are read once, here."""
    routes = APIRouter(include_in_schema=False)
    found = (path for path in FOLDER.rglob("*") if path.suffix in _TYPES)
    files = {path.relative_to(FOLDER).as_posix(): path for path in found}
    bodies = {name: path.read_bytes() for name, path in files.items()}

    @routes.api_route("/", methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:
        return _file(request, bodies["index.html"], ".html")

    @routes.api_route("/playground/{name:path}", methods=["GET", "HEAD"])
    async def part(request: Request, name: str) -> Response:
        if name not in bodies:
            raise NotFound(f"there is no file {name[:64]} of the playground; see /")
        return _file(request, bodies[name], files[name].suffix)

    return routes


def _file(request: Request, body: bytes, suffix: str) -> Response:
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
        "etag": etag,
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=_TYPES[suffix], headers=headers)
