"""Handing customers and chats on: who waits because their guide left, who goes from one guide to another, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

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
from siyu.sources.handing import chats
from siyu.sources.handing.chats import ChatHanding, ChatHandingState, OwnerlessChat
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to
from siyu.web.words import Role

Q = queries(__name__, "handovers.sql")
HOME = "/handovers"
PERIOD = timedelta(days=28)
_SHOWN = 200
_LISTED = 50  # chats of one who left; all go by a tick
_TONES = {"done": "green", "refused": "red", "failed": "red", "waiting": "amber", "asked": "grey", "calling": "grey"}
_MOVING = (ChatHandingState.CALLING, ChatHandingState.WAITING)


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


@dataclass(frozen=True)
class Left:
    """Chats of one guide who left: those that wait, the biggest first, and who is proposed to own them."""

    owner: OwnerlessChat
    chats: list[OwnerlessChat]
    listed: list[OwnerlessChat]
    members: int
    heir: str

    @property
    def free(self) -> int:
        """How many are not on their way yet."""
        return sum(not one.coming for one in self.chats)

    @property
    def free_unlisted(self) -> int:
        """Of these, how many the page does not list."""
        return self.free - sum(not one.coming for one in self.listed)


@dataclass(frozen=True)
class ChatRow:
    """A hand-over of a chat as the page shows it. `at` is when it ended, or when the corp will be told where its day has not come."""

    name: str
    chat_id: str
    from_name: str
    to_name: str
    is_resigned: bool
    state: str
    tone: str
    why: str
    asked_at: datetime
    at: datetime | None


def listing(request: Request) -> Response:
    """Who and what waits, the forms, and the last hand-overs."""
    ground, lang = ground_of(request), lang_of(request)
    with ground.db.tx() as conn:
        guides = relations.guides(conn, only_active=False)
        waits = handing.waiting(conn)
        ownerless = chats.waiting(conn)
        chat_rows = chats.handings(conn, limit=_SHOWN)
        chat_names = {(one.corp, one.chat_id): one.name for one in relations.groups(conn)} if chat_rows else {}
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
    chats_shown = [chat_row(one, names, chat_names, lang) for one in chat_rows]
    return render(
        request, "connect/handovers.html", waits=waits, rows=shown, is_connected=is_connected, guides=_options(here),
        takers=_options([one for one in here if one.may_serve]), waiting_n=sum(one.count for one in waits),
        under_way_n=sum(counts.get(one, 0) for one in (state.ASKED, state.CALLING, state.WAITING)), done_n=counts.get(state.DONE, 0),
        vain_n=counts.get(state.REFUSED, 0) + counts.get(state.FAILED, 0), left=_left(ground, ownerless), chats_n=len(ownerless),
        chat_rows=chats_shown, names=names, is_live=any(one.state in _MOVING for one in chat_rows),
    )  # fmt: skip


def _left(ground: Ground, ownerless: Sequence[OwnerlessChat]) -> list[Left]:
    proposed = chats.proposed(ground, ownerless)
    found = []
    for (corp, owner), its in groupby(ownerless, key=lambda one: (one.corp, one.owner)):
        of = list(its)
        found.append(Left(of[0], of, of[:_LISTED], sum(one.members for one in of), f"{corp} {proposed.get((corp, owner), '')}"))
    return found


def chat_row(one: ChatHanding, names: Mapping[tuple[str, str], str], chat_names: Mapping[tuple[str, str], str], lang: str) -> ChatRow:
    """A hand-over of a chat, in words."""
    giver, taker = (names.get((one.corp, guide), guide) for guide in (one.from_guide, one.to_guide))
    is_told = one.state is not ChatHandingState.ASKED
    why = "" if one.state is ChatHandingState.DONE else reason(one.code, lang, "handing_chat_why")
    return ChatRow(
        chat_names.get((one.corp, one.chat_id), ""), one.chat_id, giver, taker, one.is_resigned,
        say(f"sources.handing_chat_state_{one.state}", lang), _TONES[one.state], why, one.asked_at, one.ended_at if is_told else one.due_at,
    )  # fmt: skip


def ask(request: Request) -> Response:
    """Hand customers or chats of one guide on to another; says how many go, and why the others do not."""
    form = form_of(request)
    corp, _, from_guide = str(form.get("from", "")).partition(" ")
    other, _, to_guide = str(form.get("to", "")).partition(" ")
    most = str(form.get("most", "")).replace(",", "").strip()
    if most and not (most.isdigit() and 1 <= int(most) <= 1_000_000):
        raise InputError(say_to(request, "web.handovers_most_wrong"), field="most")
    if not corp or corp != other:
        raise InputError(say_to(request, "web.handovers_two_corps"), field="to")
    give = _ask_chats if form.get("what") == "chats" else _ask_customers
    return give(request, corp, from_guide, to_guide, int(most) if most else None)


def _ask_customers(request: Request, corp: str, from_guide: str, to_guide: str, most: int | None) -> Response:
    ground = ground_of(request)
    asked = handing.ask(ground, corp, from_guide, to_guide, most=most, by=request.state.staff.login, lang=lang_of(request))
    with ground.db.tx() as conn:
        note(request, conn, "customers.handed_over", ref=f"guide:{from_guide}", to=to_guide, count=len(asked.handing_ids))
    because = _because(request, "handing_why", {one.why for one in asked.refused})
    if not asked.handing_ids:
        raise InputError(say_to(request, "web.handovers_nobody"), because, field="from")
    said = "web.handovers_some" if asked.refused else "web.handovers_asked"
    return go(request, HOME, said=said, n=len(asked.handing_ids), refused=len(asked.refused), why=because)


def _ask_chats(request: Request, corp: str, from_guide: str, to_guide: str, most: int | None) -> Response:
    ground, form = ground_of(request), form_of(request)
    which = [str(one) for one in form.getlist("chat")] if form.get("picks") else None
    if which is not None and form.get("rest"):
        listed = {str(one) for one in form.getlist("listed")}
        with ground.db.tx() as conn:
            its = [one.chat_id for one in chats.waiting(conn) if (one.corp, one.owner, one.coming) == (corp, from_guide, "")]
        which += [one for one in its if one not in listed]
    if which is not None and not which:
        raise InputError(say_to(request, "web.handovers_no_chat_ticked"), field="chat")
    asked = chats.ask(ground, corp, from_guide, to_guide, which, most=most, by=request.state.staff.login, lang=lang_of(request))
    with ground.db.tx() as conn:
        note(request, conn, "chats.handed_over", ref=f"guide:{from_guide}", to=to_guide, count=len(asked.chat_handing_ids))
    because = _because(request, "handing_chat_why", {one.why for one in asked.refused})
    if not asked.chat_handing_ids:
        raise InputError(say_to(request, "web.handovers_no_chat"), because, field="from")
    later = sum(n for _, n in asked.days[1:])
    said = f"web.handovers_chats_{'some' if asked.refused else 'asked'}{'_later' if later else ''}"
    return go(request, HOME, said=said, n=len(asked.chat_handing_ids), refused=len(asked.refused), why=because, later=later)


def _because(request: Request, texts: str, whys: set[str]) -> str:
    return "; ".join(say_to(request, f"sources.{texts}_{why}") for why in sorted(whys))


def reason(code: str, lang: str, texts: str = "handing_why") -> str:
    """Why not, in words: ours, or what the vendor's code means."""
    if not code:
        return ""
    key = f"sources.{texts}_{code}"
    if key in catalogue():
        return say(key, lang)
    return f"{vendors.explain(vendors.VendorKind.WECOM, code, lang).what} ({code})"


def _options(guides: Sequence[Guide]) -> list[tuple[str, str]]:
    return [(f"{one.corp} {one.guide}", (one.name or one.guide) + (f" · {one.store}" if one.store else "")) for one in guides]
