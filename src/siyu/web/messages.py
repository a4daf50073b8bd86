"""The message log: everything that was sent or tried, what became of it, and what nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from siyu import channels, gate, pool
from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.base.sentences import retold
from siyu.web import moments
from siyu.web.customers import names_of
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, staff_of
from siyu.web.words import Role

SIZE = 50
COUNTED_FOR = timedelta(days=30)
TONES = {"sent": "green", "sending": "blue", "deferred": "amber", "rejected": "red", "unknown": "violet"}


def routes(ground: Ground) -> list[Guarded]:
    """The log, one message, and the word of a person about an unknown one."""
    return [
        page("/messages", listing, Role.VIEWER),
        page("/messages/{intent_id:int}", one, Role.VIEWER, name="message"),
        deed("/messages/{intent_id:int}/resolve", resolve, Role.OPERATOR, name="resolve_message"),
    ]


def listing(request: Request) -> Response:
    """A page of messages by the filter in the address, and how the channels are."""
    ground, asked = ground_of(request), request.query_params
    state = asked.get("state", "") if asked.get("state", "") in set(channels.State) else ""
    channel = asked.get("channel", "") if asked.get("channel", "") in channels.channels() else ""
    kind, _, number = asked.get("origin", "").partition(":")
    origin = (kind, int(number)) if kind and number.isdigit() and len(number) < 19 else None
    with ground.db.tx() as conn:
        rows = channels.message_log(
            conn, channel=channel or None, state=state or None, origin=origin, before=_place(asked.get("before", "")), limit=SIZE + 1
        )
        counts = channels.state_counts(conn, ground.clock.now(), COUNTED_FOR)
        healths = {name: channels.health(conn, name) for name in channels.channels()}
        names = names_of(conn, [row.person_id for row in rows])
    is_set = {name: one.settings(ground) is not None for name, one in channels.channels().items()}
    total = {name: sum(by.get(name, 0) for by in counts.values()) for name in channels.State}
    filters = {"state": state, "channel": channel, "origin": f"{origin[0]}:{origin[1]}" if origin else ""}
    older = _written(rows[SIZE - 1]) if len(rows) > SIZE else ""
    return render(
        request,
        "messages/list.html",
        part="rows",
        rows=rows[:SIZE],
        names=names,
        counts=total,
        filters=filters,
        state=state,
        channel=channel,
        origin=origin,
        named=[(name, say_to(request, f"web.channel_{name}")) for name in sorted(channels.channels())],
        tones=TONES,
        resting=_resting(request, healths),
        is_set=is_set,
        older=_address(filters | {"before": older}) if older else "",
        address=lambda **more: _address(filters | more),
        is_first=not asked.get("before"),
        by=lambda row: say_to(request, "web.message_by", guide=row.guide) if row.guide else row.address_mask if _is_spoken(row) else "",
        why=lambda row: channels.reason(row.code, lang_of(request), row.why),
        state_name=lambda name: channels.state(name, lang_of(request)),
    )


def one(request: Request) -> Response:
    """One message: in the drawer by htmx, as a page else."""
    with ground_of(request).db.tx() as conn:
        row = _seen(request, conn)
        names = names_of(conn, [row.person_id])
        asked = gate.why(conn, row.person_id, lang_of(request), intent_id=row.intent_id)
    return render(
        request, "messages/one.html", part="inside", row=row, names=names, tones=TONES,
        asked=asked, has_address=_has_address(row), kind_of=lambda name: moments.kind(name, lang_of(request)),
        why=channels.reason(row.code, lang_of(request), row.why), state_name=channels.state(row.state, lang_of(request)),
    )  # fmt: skip


def resolve(request: Request) -> Response:
    """A person says what became of a message that nobody knew about."""
    ground, said = ground_of(request), str(form_of(request).get("said", ""))
    if said not in ("sent", "not_sent"):
        raise InputError(say_to(request, "web.message_said_missing"), field="said")
    with ground.db.tx() as conn:
        row = _seen(request, conn)
        done = channels.resolve_unknown(ground, conn, row.intent_id, was_sent=said == "sent", by=staff_of(request).login)
        if done:
            note(request, conn, "message.resolved", ref=f"message:{row.intent_id}", said=said)
    return go(request, "/messages?state=unknown", said="web.message_resolved" if done else "web.message_was_known")


def _seen(request: Request, conn: Connection) -> channels.Sent:
    rows = channels.message_log(conn, intent_id=int(request.path_params["intent_id"]), limit=1)
    if not rows:
        raise NotFoundError(say_to(request, "web.message_gone"), "")
    return rows[0]


def _resting(request: Request, healths: dict[str, channels.Health]) -> list[tuple[str, str, datetime]]:
    now = ground_of(request).clock.now()
    return [
        (name, channels.reason(one.code, lang_of(request), one.why) or retold(one.why, lang_of(request)), one.resting_until)
        for name, one in healths.items()
        if one.resting_until is not None and one.resting_until > now
    ]


def _address(words: dict[str, Any]) -> str:
    given = urlencode({name: value for name, value in words.items() if value})
    return f"/messages?{given}" if given else "/messages"


def _has_address(row: channels.Sent) -> bool:
    known = channels.channels().get(row.channel)
    return known is not None and known.needs_address and bool(row.address_mask)


def _is_spoken(row: channels.Sent) -> bool:
    """Whether people know the address as one: a number or an e-mail address, not an id that only machines read."""
    return _has_address(row) and row.address_kind in pool.PERSONAL


def _written(row: channels.Sent) -> str:
    return f"{row.started_at.astimezone(UTC).isoformat()}_{row.intent_id}"


def _place(text: str) -> tuple[datetime, int] | None:
    at, _, number = text.rpartition("_")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, int(number)) if moment.tzinfo and number.isdigit() and len(number) < 19 else None
