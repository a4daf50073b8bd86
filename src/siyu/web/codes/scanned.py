"""What a printed code leads to: on a customer's phone, WeCom's own code to press long, or straight on to the acquisition link."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from siyu import growth
from siyu.vendors.wecom import link_for
from siyu.web.page import ground_of, render


def scanned(request: Request) -> Response:
    """Count the visit and lead on. Nobody is asked who they are."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        code = growth.code_of_state(conn, str(request.path_params["state"])[:40])
        if code is None:
            raise HTTPException(404)
        is_open = code.closed_at is None and bool(code.qr_code or code.url)
        if is_open and request.method == "GET":
            growth.visit(ground, conn, code.code_id)
    if is_open and code.url:
        return RedirectResponse(link_for(code.url, code.state), 302)
    answer = render(request, "codes/scanned.html", code=code, is_open=is_open, status=200 if is_open else 410)
    parts = urlsplit(code.qr_code)
    if parts.netloc:  # WeCom's picture is the only thing from elsewhere
        answer.headers["content-security-policy"] = (
            f"default-src 'self'; img-src 'self' data: {parts.scheme}://{parts.netloc}; base-uri 'none'; object-src 'none'; "
            "frame-ancestors 'none'; form-action 'none'"
        )
    return answer
