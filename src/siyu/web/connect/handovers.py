"""Handing customers on: who waits because their guide left, who goes from one guide to another, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from siyu import vendors
from siyu.base.db import queries
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.base.text import catalogue, say
from siyu.pool import Kind, relations
from siyu.pool.relations import Guide
from siyu.sources import handing
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to
from siyu.web.words import Role

Q = queries(__name__, "handovers.sql")
HOME = "/handovers"
PERIOD = timedelta(days=28)
_SHOWN = 200
_TONES = {"done": "green", "refused": "red", "failed": "red", "waiting": "amber", "asked": "grey", "calling": "grey"}


def routes(ground: Ground) -> list[Guarded]:
    """The page, and its deed."""
    return [page(HOME, listing, Role.VIEWER, name="handovers"), deed(HOME, ask, Role.OPERATOR, name="hand_over")]


@dataclass(frozen=True)
class Row:
    """A hand-over as the page shows it."""

    from_name: str
    to_name: str
    external_userid: str
    person_id: int | None
    customer: str
    is_resigned: bool
    state: str
    tone: str
    why: str
    asked_at: datetime
    ends_at: datetime | None


def listing(request: Request) -> Response:
    """Who waits, two forms, and the last hand-overs."""
    ground, lang = ground_of(request), lang_of(request)
    with ground.db.tx() as conn:
        guides = relations.guides(conn, only_active=False)
        waits = handing.waiting(conn)
        rows = handing.handings(conn, limit=_SHOWN)
        looks = [ground.vault.lookup(Kind.EXTERNAL_USERID, one.corp, one.external_userid) for one in rows]
        behind = {(r[0], r[1]): (r[2], r[3]) for r in conn.execute(Q.behind, {"lookups": looks})} if rows else {}
        counts = handing.counts(conn, since=ground.clock.now() - PERIOD)
        is_connected = bool(vendors.accounts(conn, vendors.VendorKind.WECOM))
    names = {(one.corp, one.guide): one.name or one.guide for one in guides}
    shown = []
    for one in rows:
        person_id, customer = behind.get((one.corp, one.external_userid), (None, ""))
        giver, taker = (names.get((one.corp, guide), guide) for guide in (one.from_guide, one.to_guide))
        ends_at = one.ended_at or (one.begun_at + handing.TAKES if one.begun_at else None)
        state_shown = say(f"sources.handing_state_{one.state}", lang)
        why = "" if one.code == "customer_refused" else reason(one.code, lang)  # the state says it
        shown.append(
            Row(
                giver, taker, one.external_userid, person_id, customer, one.is_resigned, state_shown, _TONES[one.state], why, one.asked_at,
                ends_at,
            )
        )  # fmt: skip
    here = [one for one in guides if one.left_at is None]
    state = handing.HandingState
    return render(
        request, "connect/handovers.html", waits=waits, rows=shown, is_connected=is_connected, guides=_options(here),
        takers=_options([one for one in here if one.may_serve]), waiting_n=sum(one.count for one in waits),
        under_way_n=sum(counts.get(one, 0) for one in (state.ASKED, state.CALLING, state.WAITING)), done_n=counts.get(state.DONE, 0),
        vain_n=counts.get(state.REFUSED, 0) + counts.get(state.FAILED, 0),
    )  # fmt: skip


def ask(request: Request) -> Response:
    """Hand customers of one guide on to another; says how many go, and why the others do not."""
    ground, form = ground_of(request), form_of(request)
    corp, _, from_guide = str(form.get("from", "")).partition(" ")
    other, _, to_guide = str(form.get("to", "")).partition(" ")
    most = str(form.get("most", "")).replace(",", "").strip()
    if most and not (most.isdigit() and 1 <= int(most) <= 1_000_000):
        raise InputError(say_to(request, "web.handovers_most_wrong"), field="most")
    if not corp or corp != other:
        raise InputError(say_to(request, "web.handovers_two_corps"), field="to")
    by = request.state.staff.login
    asked = handing.ask(ground, corp, from_guide, to_guide, most=int(most) if most else None, by=by, lang=lang_of(request))
    with ground.db.tx() as conn:
        note(request, conn, "customers.handed_over", ref=f"guide:{from_guide}", to=to_guide, count=len(asked.handing_ids))
    whys = sorted({one.why for one in asked.refused})
    because = "; ".join(say_to(request, f"sources.handing_why_{why}") for why in whys)
    if not asked.handing_ids:
        raise InputError(say_to(request, "web.handovers_nobody"), because, field="from")
    said = "web.handovers_some" if asked.refused else "web.handovers_asked"
    return go(request, HOME, said=said, n=len(asked.handing_ids), refused=len(asked.refused), why=because)


def reason(code: str, lang: str) -> str:
    """Why not, in words: ours, or what the vendor's code means."""
    if not code:
        return ""
    key = f"sources.handing_why_{code}"
    if key in catalogue():
        return say(key, lang)
    return f"{vendors.explain(vendors.VendorKind.WECOM, code, lang).what} ({code})"


def _options(guides: Sequence[Guide]) -> list[tuple[str, str]]:
    return [(f"{one.corp} {one.guide}", (one.name or one.guide) + (f" · {one.store}" if one.store else "")) for one in guides]
