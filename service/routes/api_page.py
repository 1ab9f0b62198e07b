"""``/docs``: Swagger's page over ``/openapi.json``, of one version whose files are checked by hash.

FastAPI's own takes whatever the newest version is by then, and runs it with the reader's key.
Without internet the page says what is missing, and links to the document.
"""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

_VERSION = "5.31.0"
_FILES = f"https://cdn.jsdelivr.net/npm/swagger-ui-dist@{_VERSION}"
# npm pack swagger-ui-dist@VERSION; openssl dgst -sha384 -binary FILE | base64
_SCRIPT = "sha384-cxafBeQ+zYROeFafGFxtFbnp1ICqeS9mG7+f0WWSHzhnrUvwg9Za5CCw6wgrHA7K"
_STYLE = "sha384-KX9Rx9vM1AmUNAn07bPAiZhFD4C8jdNgG6f5MRNvR+EfAxs2PmMFtUUazui7ryZQ"
_PAGE = f"""<!doctype html>
<meta charset="utf-8">
<title>Nerve: API</title>
<link rel="stylesheet" href="{_FILES}/swagger-ui.css" integrity="{_STYLE}" crossorigin>
<p>The document itself: <a href="openapi.json">openapi.json</a></p>
<div id="page">Swagger UI draws it here, with files of cdn.jsdelivr.net. Where that cannot be
reached, the document says all of it: import it into a client of yours.</div>
<script src="{_FILES}/swagger-ui-bundle.js" integrity="{_SCRIPT}" crossorigin></script>
<script>SwaggerUIBundle({{url: "openapi.json", dom_id: "#page", deepLinking: true}})</script>
"""


def router() -> APIRouter:
    """The page."""
    api = APIRouter()

    @api.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(_PAGE)

    return api
