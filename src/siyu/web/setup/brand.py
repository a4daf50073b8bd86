"""The brand, and when somebody enters a stage of life."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from zoneinfo import available_timezones

from starlette.requests import Request
from starlette.responses import Response

from siyu import pool
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.base.money import digits, to_decimal, to_minor
from siyu.web.guard import Guarded, deed, note, page
from siyu.web.page import form_of, go, ground_of, render, say_to
from siyu.web.setup.tabs import tabs
from siyu.web.words import Role

CURRENCIES = ("CNY", "GBP", "USD", "EUR", "HKD", "TWD", "JPY", "SGD", "KRW")
ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Europe/London", "Europe/Paris",
         "America/New_York", "America/Los_Angeles", "Australia/Sydney", "UTC")  # fmt: skip


def routes(ground: Ground) -> list[Guarded]:
    """One page, two forms."""
    return [
        page("/settings", show, Role.VIEWER, name="settings"),
        deed("/settings/brand", keep_brand, Role.OWNER),
        deed("/settings/stages", keep_stages, Role.OWNER),
    ]


def show(request: Request) -> Response:
    """The brand and the stages as they are set."""
    ground = ground_of(request)
    with ground.db.tx() as conn:
        brand = pool.brand(conn)
        rules = pool.stage_rules(conn)
    zones = [
        *ZONES,
        *sorted(z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "posix/", "right/")) and z not in ZONES),
    ]
    return render(
        request,
        "setup/brand.html",
        tabs=tabs(request),
        kept=brand,
        rules=rules,
        vip=to_decimal(rules.vip_minor, brand.currency),
        currencies=[(c, c) for c in dict.fromkeys((brand.currency, *CURRENCIES))],
        zones=[(z, z) for z in dict.fromkeys((brand.time_zone, *zones))],
    )


def keep_brand(request: Request) -> Response:
    """Keep name, currency, time zone, language, region."""
    ground, form = ground_of(request), form_of(request)
    now = ground.clock.now()
    value = pool.Brand(
        name=str(form.get("name", "")).strip()[:60],
        currency=str(form.get("currency", "")),
        time_zone=str(form.get("time_zone", "")),
        language=str(form.get("language", "")),
        region=str(form.get("region", "CN")).strip().upper()[:2],
    )
    if not value.name:
        raise InputError(say_to(request, "web.brand_name_missing"), field="name")
    with ground.db.tx() as conn:
        pool.set_brand(conn, value, at=now)
        note(request, conn, "brand.changed", currency=value.currency, time_zone=value.time_zone, language=value.language)
    return go(request, "/settings", said="web.saved")


def keep_stages(request: Request) -> Response:
    """Keep the rules of the stages; everybody is judged again in the background."""
    ground, form = ground_of(request), form_of(request)
    with ground.db.tx() as conn:
        currency = pool.brand(conn).currency
        try:
            vip = to_minor(Decimal(str(form.get("vip_amount", "")).replace(",", "")), currency)
            numbers = {n: int(str(form.get(n, ""))) for n in ("repeat_orders", "vip_orders", "drifting_days", "lost_days")}
        except (InvalidOperation, ValueError):
            raise InputError(
                say_to(request, "web.not_a_number"), say_to(request, "web.not_a_number_remedy", digits=digits(currency))
            ) from None
        pool.set_stage_rules(ground, conn, pool.StageRules(vip_minor=vip, **numbers))
        note(request, conn, "stages.changed", rules=numbers | {"vip_minor": vip})
    return go(request, "/settings", said="web.stages_saved")
