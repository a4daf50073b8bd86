"""A person's account, as a card of the 360 page: fetched beside it, so that the page does not wait for the whole ledger."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from siyu.analytics import ledger
from siyu.web.ledger import shelf
from siyu.web.page import ground_of, is_htmx, render


def see(request: Request) -> Response:
    """The card (htmx); anybody else is led to the person's page."""
    number = request.path_params["person_id"]
    if not is_htmx(request):
        return RedirectResponse(f"/customers/{number}", 303)
    book = shelf.take(request).book or shelf.take_whole(request)
    with ground_of(request).db.tx() as conn:
        account = ledger.person(conn, number, book=book)
    return render(request, "ledger/person.html", part="card", a=account)
