"""Serving the page: `/` and the files below `/page/`, so that a browser runs nothing that is not ours."""

import secrets
from pathlib import Path

from aiohttp import web

HERE = Path(__file__).resolve().parent
FOLDERS = ("static", "vendor")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
"""What is served, and as what; the machine's own table of types may know less."""
LICENCE = "LICENSE"
NONCE = "{{nonce}}"
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'{}; connect-src 'self'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; object-src 'none'"
)


def add_routes(app: web.Application) -> None:
    """Mounts the page and its files."""
    app.router.add_get("/", serve_page)
    app.router.add_get("/page/{name:.+}", serve_file)
    app.router.add_get("/favicon.ico", serve_nothing)


async def serve_page(_: web.Request) -> web.Response:
    """The page, whose one inline script carries a nonce of its own each time.

    It has no ETag: a copy kept by the browser would hold an old nonce, while the policy names the new one.
    """
    nonce = secrets.token_urlsafe(18)
    text = page_text().replace(NONCE, nonce)
    return web.Response(text=text, content_type="text/html", headers=_headers(f" 'nonce-{nonce}'"))


def page_text() -> str:
    """The page as it is written."""
    return (HERE / "static" / "index.html").read_text("utf-8")


async def serve_file(request: web.Request) -> web.StreamResponse:
    """One file with an ETag; 404 for what is not there, is not of a type we serve or lies elsewhere."""
    name = request.match_info["name"]
    file = find(name)
    if file is None:
        return web.Response(status=404, text="There is no such file.\n", headers=_headers())
    kind = TYPES.get(file.suffix, "text/plain; charset=utf-8")
    return web.FileResponse(file, headers={**_headers(), "Content-Type": kind})


async def serve_nothing(_: web.Request) -> web.Response:
    """What a browser asks for by itself; the page names its icon."""
    return web.Response(status=204)


def find(name: str) -> Path | None:
    """The file of this name (`static/app.js`), or None."""
    try:
        file = (HERE / name).resolve()
        inside = any(file.is_relative_to(HERE / folder) for folder in FOLDERS)
        known = file.suffix in TYPES or file.name.startswith(LICENCE)
        return file if inside and known and file.is_file() else None
    except (OSError, ValueError):  # a name that no file system takes
        return None


def _headers(nonce: str = "") -> dict[str, str]:
    return {
        "Content-Security-Policy": POLICY.format(nonce),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
