"""A mass send in WeCom: how far each guide is, who has not confirmed, and a reminder for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from siyu import channels, journeys
from siyu.base.errors import NotFoundError
from siyu.channels import wecom
from siyu.web import charts
from siyu.web.guard import note
from siyu.web.page import form_of, go, ground_of, lang_of, render, say_to, show_of

STEPS = ("planned", "created", "confirmed_people", "sent", "answered", "bought")
LOSSES = ("not_friend", "quota", "unconfirmed", "cancelled", "refused")


@dataclass(frozen=True)
class Sums:
    """Everybody's guides together, or one store's. Counts are customers; `waiting` and `guides` are guides."""

    store: str
    guides: int
    waiting: int
    planned: int
    created: int
    confirmed_people: int
    open: int
    sent: int
    not_friend: int
    quota: int
    unconfirmed: int
    cancelled: int
    refused: int
    answered: int
    bought: int


def sums(rows: list[wecom.GuideFunnel], store: str = "") -> Sums:
    """Some guides' numbers together."""

    def total(name: str) -> int:
        return sum(getattr(one, name) for one in rows)

    confirmed = sum(one.sent + one.not_friend + one.quota for one in rows)
    return Sums(
        store, len(rows), sum(one.waiting > 0 for one in rows), total("planned"), total("created"), confirmed,
        *(total(name) for name in ("open", "sent", "not_friend", "quota", "unconfirmed", "cancelled", "refused", "answered", "bought")),
    )  # fmt: skip


def see(request: Request) -> Response:
    """The funnel, the stores, the guides."""
    ground, number = ground_of(request), int(request.path_params["broadcast_id"])
    with ground.db.tx() as conn:
        broadcast = journeys.see(conn, number)
        if broadcast.channel != wecom.CHANNEL.name:
            raise NotFoundError(say_to(request, "web.mass_not_wecom"), "")
        rows = wecom.funnel(ground, conn, "broadcast", number, measure_for=broadcast.measure_for)
        late = [one for one in wecom.tasks_of(conn, "broadcast", number) if one.state in ("planned", "calling") and one.code]
        health = channels.health(conn, wecom.CHANNEL.name)
    whole, show = sums(rows), show_of(request)
    steps = [(say_to(request, f"web.mass_step_{name}"), getattr(whole, name)) for name in STEPS]
    stores = sorted({one.store for one in rows})
    values: dict[str, Any] = {
        "broadcast": broadcast, "rows": rows, "whole": whole,
        "stores": [sums([one for one in rows if one.store == store], store) for store in stores] if len(stores) > 1 else [],
        "drawn": charts.funnel(say_to(request, "web.mass_funnel"), steps, show=show.number, lang=show.lang),
        "losses": [(name, getattr(whole, name)) for name in LOSSES if getattr(whole, name)],
        "late": [(one, channels.reason(one.code, lang_of(request), one.why)) for one in late[:20]],
        "days": f"{broadcast.measure_for.total_seconds() / 86_400:g}",
        "rests": channels.reason(health.code, lang_of(request), health.why) if health.resting_until else "",
        "is_live": whole.open > 0,
    }  # fmt: skip
    return render(request, "broadcasts/guides.html", **values)


def remind(request: Request) -> Response:
    """Remind the guides who have not confirmed: all, or one."""
    ground, number = ground_of(request), int(request.path_params["broadcast_id"])
    guide = str(form_of(request).get("guide", "")) or None
    done, failed = wecom.remind_origin(ground, "broadcast", number, guide)
    with ground.db.tx() as conn:
        note(request, conn, "broadcast.reminded", ref=f"broadcast:{number}", tasks=done)
    said = "web.mass_reminded" if done else "web.mass_not_reminded"
    return go(request, f"/broadcasts/{number}/guides", said=said, tone="good" if done else "bad", n=done, failed=failed)
