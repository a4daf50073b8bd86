"""The overview's figures, from what the pool keeps. `docs/metrics.md` defines each of them, in both languages."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from siyu import pool
from siyu.analytics.words import Month, Overview, Recent
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.base.money import to_decimal

Q = queries(__name__, "overview.sql")

PASSIVE = ("message.sent", "message.delivered", "message.bounced", "message.rejected", "message.unknown")
"""Facts about somebody that are not his doing."""


def overview(ground: Ground, conn: Connection) -> Overview:
    """All figures as of now, counted anew. It reads every order once: for a page, use `latest`."""
    brand, now = pool.brand(conn), ground.clock.now()
    words: dict[str, Any] = {
        "now": now,
        "today": now.astimezone(ZoneInfo(brand.time_zone)).date(),
        "currency": brand.currency,
        "time_zone": brand.time_zone,
        "passive": list(PASSIVE),
    }
    trade = _row(conn, Q.see_trade, words)
    buyers = _row(conn, Q.see_buyers, words)
    stages = conn.execute(Q.see_stages).fetchall()
    return Overview(
        as_of=now,
        currency=brand.currency,
        first_on=trade[8],
        last_on=trade[9],
        lines=trade[0],
        anonymous_lines=trade[1],
        all_lines_minor=trade[2],
        customers=buyers[0],
        sales_minor=buyers[3],
        orders=buyers[2],
        buyers=buyers[1],
        cancellations_minor=trade[4],
        adjustments_minor=trade[5],
        anonymous_sales_minor=trade[3],
        other_currencies=dict(conn.execute(Q.see_other_currencies, words).fetchall()),
        people=sum(row[1] for row in stages),
        known_people=sum(row[2] for row in stages),
        stages={str(stage): next((row[1] for row in stages if row[0] == stage), 0) for stage in pool.Stage},
        repeat_rate=_share(buyers[4], buyers[1]),
        repurchase_90d=_share(buyers[6], buyers[5]),
        top_decile_share=_share(buyers[7], buyers[3]),
        active_30d=Recent(*_row(conn, Q.see_active, words)),
        buyers_30d=Recent(buyers[8], buyers[9]),
        new_buyers_30d=Recent(buyers[12], buyers[13]),
        orders_30d=Recent(buyers[10], buyers[11]),
        sales_30d=Recent(trade[6], trade[7]),
        months=_months(conn, words, buyers[14] or {}),
    )


def as_json(value: Overview) -> dict[str, Any]:
    """The figures for a program: flat, money both in minor units (`sales_minor`) and as decimal text (`sales`: "8911407.90")."""
    flat: dict[str, Any] = {}
    for one in fields(value):
        item = getattr(value, one.name)
        if one.name == "months":
            flat["months"] = [_month_json(month, value.currency) for month in item]
        elif isinstance(item, Recent):
            flat |= {one.name: item.now, f"{one.name}_before": item.before}
        else:
            flat[one.name] = item.isoformat() if hasattr(item, "isoformat") else item
            if one.name.endswith("_minor"):
                flat[one.name.removesuffix("_minor")] = str(to_decimal(item, value.currency))
    return flat


def _month_json(month: Month, currency: str) -> dict[str, Any]:
    money = {
        "sales": month.sales_minor,
        "anonymous": month.anonymous_minor,
        "refunds": month.refunds_minor,
    }
    return {"month": month.month, "new_buyers": month.new_buyers} | {k: str(to_decimal(v, currency)) for k, v in money.items()}


def _months(conn: Connection, words: dict[str, Any], fresh: dict[str, int]) -> tuple[Month, ...]:
    money = {row[0]: row[1:] for row in conn.execute(Q.see_months, words)}
    if not money and not fresh:
        return ()
    first, last = min([*money, *fresh]), max([*money, *fresh])
    found, at = [], datetime.strptime(first, "%Y-%m")  # noqa: DTZ007  a month, not a moment
    while (name := at.strftime("%Y-%m")) <= last:
        sales, anonymous, refunds = money.get(name, (0, 0, 0))
        found.append(Month(name, sales, anonymous, refunds, fresh.get(name, 0)))
        at = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return tuple(found)


def _share(part: int, whole: int) -> float | None:
    return float(part) / float(whole) if whole else None


def _row(conn: Connection, query: str, words: dict[str, Any]) -> tuple[Any, ...]:
    row = conn.execute(query, words).fetchone()
    assert row is not None  # noqa: S101  totals always give a row
    return row
