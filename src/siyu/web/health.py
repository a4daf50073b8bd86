"""Health: is the process alive, and can it answer?"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from siyu.base.ground import Ground
from siyu.web import store
from siyu.web.guard import Guarded, anyone
from siyu.web.page import ground_of


def routes(ground: Ground) -> list[Guarded]:
    """Two addresses for whoever watches the server."""
    return [anyone("/livez", livez), anyone("/readyz", readyz)]


def livez(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


def readyz(request: Request) -> Response:
    """The database answers, and is at some migration."""
    try:
        with ground_of(request).db.tx() as conn:
            row = conn.execute(store.Q.is_ready).fetchone()
    except Exception:  # whatever the reason: not ready; the log of the database has it
        return JSONResponse({"ready": False}, 503, headers={"Cache-Control": "no-store"})
    return JSONResponse({"ready": bool(row and row[0])}, 200 if row and row[0] else 503, headers={"Cache-Control": "no-store"})
