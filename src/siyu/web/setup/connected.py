"""How the connected part behaves: WeCom's rule for mass messages, the nightly comparison, how long callbacks are kept."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from siyu.base import settings
from siyu.base.ground import Ground
from siyu.channels import wecom
from siyu.sources import callbacks, sync
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, render, say_to
from siyu.web.setup.tabs import tabs
from siyu.web.words import Role

HOME = "/settings/connected"


def routes(ground: Ground) -> list[Guarded]:
    """One page, one form a card."""
    return [
        page(HOME, show, Role.VIEWER, name="connected_settings"),
        deed(f"{HOME}/mass", keep_mass, Role.OWNER),
        deed(f"{HOME}/sync", keep_sync, Role.OWNER),
        deed(f"{HOME}/inbox", keep_inbox, Role.OWNER),
    ]


def show(request: Request) -> Response:
    """What is set."""
    return _shown(request)


def _shown(request: Request, wrong: dict[str, str] | None = None) -> Response:
    with ground_of(request).db.tx() as conn:
        values = {
            "rule": str(wecom.see_mass_settings(conn).rule),
            "hour": settings.get(conn, sync.SETTING_HOUR, sync.HOUR),
            "phones": settings.get(conn, sync.SETTING_PHONES, False),
            "days": settings.get(conn, callbacks.SETTING_KEEP_DAYS, callbacks.KEEP_DAYS),
        }
    if wrong:  # what was given stands in its field again
        values |= {name: str(form_of(request)[name]) for name in wrong if name in form_of(request)}
    return render(
        request, "setup/connected.html", status=422 if wrong else 200, tabs=tabs(request), kept=values,
        rules=[(rule.value, say_to(request, f"web.connected_mass_{rule.value}")) for rule in wecom.MassRule], wrong=wrong or {},
    )  # fmt: skip


def keep_mass(request: Request) -> Response:
    """Keep which rule the corp's administrator chose."""
    ground, rule = ground_of(request), str(form_of(request).get("rule", ""))
    if rule not in set(wecom.MassRule):
        return _refused(request, "rule", "mass")
    with ground.db.tx() as conn:
        wecom.set_mass_settings(ground, conn, rule)
        note(request, conn, "setting_changed", ref="wecom.mass", rule=rule)
    return go(request, HOME, said="web.saved")


def keep_sync(request: Request) -> Response:
    """Keep the hour of the comparison, and whether phones in remarks join people."""
    ground, form = ground_of(request), form_of(request)
    hour = _whole(str(form.get("hour", "")), 0, 23)
    if hour is None:
        return _refused(request, "hour", "hour")
    phones = form.get("phones") is not None
    with ground.db.tx() as conn:
        settings.put(conn, sync.SETTING_HOUR, hour, at=ground.clock.now())
        settings.put(conn, sync.SETTING_PHONES, phones, at=ground.clock.now())
        note(request, conn, "setting_changed", ref=sync.SETTING_HOUR, hour=hour, phones=phones)
    return go(request, HOME, said="web.saved")


def keep_inbox(request: Request) -> Response:
    """Keep for how many days callbacks stay."""
    ground = ground_of(request)
    days = _whole(str(form_of(request).get("days", "")), 1, 3650)
    if days is None:
        return _refused(request, "days", "days")
    with ground.db.tx() as conn:
        settings.put(conn, callbacks.SETTING_KEEP_DAYS, days, at=ground.clock.now())
        note(request, conn, "setting_changed", ref=callbacks.SETTING_KEEP_DAYS, days=days)
    return go(request, HOME, said="web.saved")


def _refused(request: Request, field: str, case: str) -> Response:
    words = say_to(request, f"web.connected_{case}_wrong"), say_to(request, f"web.connected_{case}_wrong_remedy")
    return _shown(request, {field: " ".join(words)})


def _whole(text: str, least: int, most: int) -> int | None:
    text = text.strip()
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
    return found if least <= found <= most else None
