"""The files that pages load: our style sheets, our script, and htmx out of its wheel. All from this server, for ever cacheable.

A file's address carries the first eight hex digits of its SHA-256, so that a browser never mixes releases.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

HTMX_SHA256 = "491955cd1810747d7d7b9ccb936400afb760e06d25d53e4572b64b6563b2784e"
_OURS = ("tokens.css", "admin.css", "h5.css", "siyu.js", "mark.svg")


@dataclass(frozen=True)
class Asset:
    """One file to serve."""

    path: str
    body: bytes
    kind: str


@cache
def assets() -> dict[str, Asset]:
    """Every asset by its plain name. Raises `RuntimeError` when htmx is not the file we tested with."""
    folder = resources.files("siyu.web") / "static"
    found = {name: _asset(name, (folder / name).read_bytes()) for name in _OURS}
    htmx = (resources.files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js").read_bytes()
    if hashlib.sha256(htmx).hexdigest() != HTMX_SHA256:
        raise RuntimeError("htmx.min.js of django-js-lib-htmx is not the file that Siyu was tested with")
    found["htmx.js"] = _asset("htmx.js", htmx)
    return found


def _asset(name: str, body: bytes) -> Asset:
    stem, _, ending = name.rpartition(".")
    kind = mimetypes.types_map.get("." + ending, "text/javascript")
    kind = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return Asset(f"/assets/{stem}.{hashlib.sha256(body).hexdigest()[:8]}.{ending}", body, kind)


def address(name: str) -> str:
    """Where a page finds an asset, by its plain name."""
    return assets()[name].path


@cache
def _by_path() -> dict[str, Asset]:
    return {asset.path: asset for asset in assets().values()}


async def serve(request: Request) -> Response:
    """Hand out an asset; an address of another release is not found."""
    asset = _by_path().get(request.url.path)
    if asset is None:
        return Response("not found", 404, media_type="text/plain", headers={"Cache-Control": "no-store"})
    return Response(asset.body, media_type=asset.kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})
