"""Group mass sends (群群发): write a message, choose groups, say when; then which owners confirmed, and what became of each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from siyu import channels, content
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.channels import group_sends, wecom
from siyu.pool import relations
from siyu.vendors import Account, AccountState, VendorKind, accounts
from siyu.web import charts
from siyu.web.connect import store as counting
from siyu.web.connect.chats import health
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, show_of, staff_of
from siyu.web.words import Role

HOME = "/group-sends"
TONES = {"draft": "grey", "scheduled": "amber", "running": "blue", "done": "green", "cancelled": "grey"}
CHAT_TONES = {
    "planned": "amber", "open": "blue", "sent": "green", "quota": "amber", "capped": "amber", "unconfirmed": "red", "cancelled": "grey",
    "refused": "red",
}  # fmt: skip
STEPS = ("chats", "created", "confirmed", "sent")
LOSSES = ("quota", "capped", "unconfirmed", "cancelled", "refused")
HEALTHS = ("growing", "steady", "quiet", "shrinking", "empty")
DAYS = (1, 2, 3, 7)
_SHOWN = 300
_NOBODY = counting.ChatCount(0, 0, 0, 0, 0, None, 0)


def routes(ground: Ground) -> list[Guarded]:
    """The list, the composer, one send with its owners and groups, and what can be done with it."""
    one = HOME + "/{send:int}"
    return [
        page(HOME, listing, Role.VIEWER, name="group_sends"),
        page(f"{HOME}/new", new, Role.OPERATOR, name="new_group_send"),
        deed(HOME, make, Role.OPERATOR, name="make_group_send"),
        page(one, see, Role.VIEWER, name="see_group_send"),
        page(f"{one}/edit", edit, Role.OPERATOR, name="edit_group_send"),
        deed(one, change, Role.OPERATOR, name="change_group_send"),
        deed(f"{one}/start", start, Role.OPERATOR, name="start_group_send"),
        deed(f"{one}/recall", recall, Role.OPERATOR, name="recall_group_send"),
        deed(f"{one}/cancel", cancel, Role.OPERATOR, name="cancel_group_send"),
        deed(f"{one}/remind", remind, Role.OPERATOR, name="remind_group_owners"),
    ]


@dataclass(frozen=True)
class Row:
    """One group to choose from."""

    chat_id: str
    name: str
    owner: str
    owner_name: str
    store: str
    size: int
    health: str
    had: group_sends.Had | None


@dataclass(frozen=True)
class Wanted:
    """Which groups are asked for. Sizes are customers."""

    store: str = ""
    owner: str = ""
    health: str = ""
    least: int = 0
    most: int = 0

    def fits(self, row: Row) -> bool:
        """Whether a group is one of them."""
        return (
            self.store in ("", row.store) and self.owner in ("", row.owner) and self.health in ("", row.health)
            and row.size >= self.least and (not self.most or row.size <= self.most)
        )  # fmt: skip


def wanted_of(given: QueryParams | FormData) -> Wanted:
    """The filter of an address or a form; what is no number counts as none."""

    def number(name: str) -> int:
        text = str(given.get(name, ""))
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0

    store, owner, state = (str(given.get(name, ""))[:64] for name in ("store", "owner", "health"))
    return Wanted(store, owner, state, number("least"), number("most"))


def _account(conn: Connection) -> Account | None:
    return next((one for one in accounts(conn, VendorKind.WECOM) if one.state is AccountState.ON), None)


def _rows(conn: Connection, corp: str, now: datetime) -> list[Row]:
    guides = {one.guide: one for one in relations.guides(conn, corp, only_active=False)}
    live = [one for one in relations.groups(conn, corp) if one.dismissed_at is None]
    counts = counting.chats(conn, now)
    had = group_sends.reach(conn, corp, [one.chat_id for one in live], now)
    rows = []
    for chat in live:
        owner, count = guides.get(chat.owner), counts.get((chat.corp, chat.chat_id), _NOBODY)
        name = (owner.name if owner else "") or chat.owner
        store = owner.store if owner else ""
        rows.append(Row(chat.chat_id, chat.name, chat.owner, name, store, count.size, health(chat, count), had.get(chat.chat_id)))
    return sorted(rows, key=lambda row: (row.store, row.owner, -row.size, row.chat_id))


def listing(request: Request) -> Response:
    """All sends, the newest first."""
    with ground_of(request).db.tx() as conn:
        sends = group_sends.newest(conn)
        has_account = _account(conn) is not None
    return render(request, "group_sends/list.html", sends=sends, tones=TONES, has_account=has_account)


def new(request: Request) -> Response:
    """An empty draft."""
    return _composer(request, None)


def edit(request: Request) -> Response:
    """A draft, to be changed."""
    return _composer(request, _send(request))


def _composer(request: Request, send: group_sends.GroupSend | None) -> Response:
    ground, wanted = ground_of(request), wanted_of(request.query_params)
    with ground.db.tx() as conn:
        the_account = _account(conn)
        every = _rows(conn, the_account.app_id, ground.clock.now()) if the_account else []
        texts = [(str(one.content_id), one.name) for one in content.all_kept(conn, "wecom")]
        chosen = {one.chat_id for one in group_sends.chats(conn, send.group_send_id, 100_000)} if send else set()
        cap = group_sends.see_group_cap(conn)
    fits = [row for row in every if wanted.fits(row)]
    values: dict[str, Any] = {
        "send": send, "rows": fits[:_SHOWN], "fits": len(fits), "people": sum(row.size for row in fits), "total": len(every),
        "wanted": wanted, "texts": texts, "chosen": chosen, "has_account": the_account is not None, "cap": cap, "most": _SHOWN,
        "stores": [(one, one) for one in sorted({row.store for row in every if row.store})],
        "owners": sorted({(row.owner, row.owner_name) for row in every}), "healths": HEALTHS, "days": DAYS,
        "here": f"{HOME}/{send.group_send_id}/edit" if send else f"{HOME}/new",
        "why": lambda had: channels.reason(had.code, lang_of(request), had.why),
    }  # fmt: skip
    return render(request, "group_sends/compose.html", part="rows", **values)


def make(request: Request) -> Response:
    """Keep a new draft."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        number = group_sends.make(ground, conn, _draft(request, conn))
        note(request, conn, "group_send.made", ref=f"group_send:{number}")
    return go(request, f"{HOME}/{number}", said="web.group_send_said_kept")


def change(request: Request) -> Response:
    """Write a draft anew."""
    ground, send = ground_of(request), _send(request)
    if send.state != "draft":
        raise InputError(say_to(request, "web.group_send_not_draft"), field="state")
    with ground.db.tx() as conn:
        group_sends.change(ground, conn, send.group_send_id, _draft(request, conn))
        note(request, conn, "group_send.made", ref=f"group_send:{send.group_send_id}")
    return go(request, f"{HOME}/{send.group_send_id}", said="web.group_send_said_kept")


def _draft(request: Request, conn: Connection) -> group_sends.Draft:
    ground, form = ground_of(request), form_of(request)
    the_account = _account(conn)
    if the_account is None:
        raise InputError(say_to(request, "web.post_no_account"), say_to(request, "web.post_to_connect"), field="account")
    name, number = str(form.get("name", "")).strip()[:60], str(form.get("content_id", ""))
    text, days = str(form.get("text", "")).strip(), str(form.get("days", ""))
    if form.get("whom") == "ticked":
        chats = [str(one) for one in form.getlist("chat")]
    else:
        wanted = wanted_of(form)
        chats = [row.chat_id for row in _rows(conn, the_account.app_id, ground.clock.now()) if wanted.fits(row)]
    if not chats:
        raise InputError(say_to(request, "web.group_send_no_chats"), field="chat")
    if not name:
        raise InputError(say_to(request, "web.group_send_no_name"), field="name")
    if number and text:
        raise InputError(say_to(request, "web.group_send_both"), field="text")
    if not number.isdigit() and text:
        kept = content.keep(ground, conn, name, "wecom", "", text, changed_by=staff_of(request).login, lang=lang_of(request))
        number = str(kept.content_id)
    if not number.isdigit() or len(number) > 17:
        raise InputError(say_to(request, "web.group_send_no_text"), field="content_id")
    lasts = timedelta(days=int(days) if days in [str(one) for one in DAYS] else 2)
    return group_sends.Draft(name, the_account.account_id, int(number), chats, lasts, staff_of(request).login)


def _send(request: Request) -> group_sends.GroupSend:
    with ground_of(request).db.tx() as conn:
        found = group_sends.see(conn, int(request.path_params["send"]))
    if found is None:
        raise NotFoundError(say_to(request, "web.group_send_gone"), "")
    return found


def see(request: Request) -> Response:
    """A draft with its preview and what stands in the way of each group; or how far it is, by owner and by group."""
    ground, send, lang = ground_of(request), _send(request), lang_of(request)
    now, number = ground.clock.now(), send.group_send_id
    with ground.db.tx() as conn:
        rows, owners = group_sends.chats(conn, number, _SHOWN), group_sends.funnel(conn, number, now)
        has_begun = send.started_at is not None
        ahead = {} if has_begun else group_sends.reach(conn, send.corp, [one.chat_id for one in rows], now, number)
        late = [one for one in group_sends.tasks(conn, number) if one.state in ("planned", "calling") and one.code]
        rests = channels.health(conn, group_sends.NAME)
        is_on = any(one.account_id == send.account_id and one.state is AccountState.ON for one in accounts(conn, VendorKind.WECOM))
        is_due = send.state == "scheduled" and send.start_at is not None and send.start_at <= now
        is_reading = is_due and not group_sends.is_read(conn, send.account_id, now - timedelta(minutes=30))
        as_of = None if send.state == "draft" else send.content_version  # a draft goes out as the content stands when it is started
        version, look = content.kept(conn, send.content_id, as_of), content.look(conn)
    show = show_of(request)
    steps = [(say_to(request, f"web.group_send_step_{name}"), sum(getattr(one, name) for one in owners)) for name in STEPS]
    noes = [one for one in ahead.values() if one.code]
    values: dict[str, Any] = {
        "send": send, "rows": rows, "owners": owners, "tones": TONES, "chat_tones": CHAT_TONES, "ahead": ahead, "version": version,
        "made": content.render(version, {}, links=content.PlainLinks(), look=look) if version else None, "more": send.chats - len(rows),
        "drawn": charts.funnel(say_to(request, "web.group_send_funnel"), steps, show=show.number, lang=lang) if has_begun else "",
        "losses": [(name, n) for name in LOSSES if (n := sum(getattr(one, name) for one in owners))], "noes": len(noes),
        "late": [(one, channels.reason(one.code, lang, one.why)) for one in late[:20]], "has_begun": has_begun,
        "rests": "" if send.state in ("done", "cancelled") else channels.reason("no_account", lang) if not is_on
        else channels.reason(rests.code, lang, rests.why) if rests.resting_until and rests.resting_until > now else "",
        "is_reading": is_reading, "is_due": is_due,
        "waiting": sum(one.waiting for one in owners), "reached": sum(one.reached for one in owners),
        "why": lambda one: channels.reason(one.code, lang, one.why), "is_live": send.state in ("scheduled", "running"),
        "start_at": f"{(now + timedelta(hours=1)).astimezone(show.zone):%Y-%m-%dT%H:00}",
    }  # fmt: skip
    return render(request, "group_sends/see.html", **values)


def start(request: Request) -> Response:
    """Begin now, or at a moment in the brand's time zone."""
    ground, send, text = ground_of(request), _send(request), str(form_of(request).get("start_at", ""))
    at = None
    if text:
        try:
            at = datetime.fromisoformat(text).replace(tzinfo=show_of(request).zone)
        except ValueError:
            raise InputError(say_to(request, "web.broadcast_bad_moment"), field="start_at") from None
        if at <= ground.clock.now():
            raise InputError(say_to(request, "web.broadcast_past_moment"), field="start_at")
    if send.state not in ("draft", "scheduled"):
        raise InputError(say_to(request, "web.group_send_not_draft"), field="state")
    return _do(request, "started", lambda conn: group_sends.start(ground, conn, send.group_send_id, at))


def recall(request: Request) -> Response:
    """Back to a draft, before it begins."""
    ground, send = ground_of(request), _send(request)
    if send.state != "scheduled":
        raise InputError(say_to(request, "web.group_send_not_waiting"), field="state")
    return _do(request, "recalled", lambda conn: group_sends.recall(ground, conn, send.group_send_id))


def cancel(request: Request) -> Response:
    """Stop it; owners who have not confirmed lose the task."""
    ground, send = ground_of(request), _send(request)
    if send.state in ("done", "cancelled"):
        raise InputError(say_to(request, "web.group_send_is_over"), field="state")
    return _do(request, "cancelled", lambda conn: group_sends.cancel(ground, conn, send.group_send_id))


def _do(request: Request, what: str, act: Any) -> Response:
    number = int(request.path_params["send"])
    with ground_of(request).db.tx() as conn:
        act(conn)
        note(request, conn, f"group_send.{what}", ref=f"group_send:{number}")
    return go(request, f"{HOME}/{number}", said=f"web.group_send_said_{what}")


def remind(request: Request) -> Response:
    """Remind the owners who have not confirmed: all, or one."""
    ground, send = ground_of(request), _send(request)
    guide = str(form_of(request).get("guide", "")) or None
    done, failed = wecom.remind_origin(ground, group_sends.ORIGIN, send.group_send_id, guide)
    with ground.db.tx() as conn:
        note(request, conn, "group_send.reminded", ref=f"group_send:{send.group_send_id}", tasks=done)
    said: Sequence[str] = ("web.mass_reminded", "good") if done else ("web.mass_not_reminded", "bad")
    return go(request, f"{HOME}/{send.group_send_id}", said=said[0], tone=said[1], n=done, failed=failed)
