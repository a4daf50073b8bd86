"""What every page of the ledger needs: what the address chose, and the tabs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from siyu.analytics import ledger
from siyu.base.errors import InputError
from siyu.web.page import say_to, show_of

PERIODS = ("all", "30", "90", "365", "year")
TABS = ("pnl", "payback", "guides", "spend", "terms")


@dataclass(frozen=True)
class Chosen:
    """A dimension, a rule and a period, as an address names them."""

    by: str
    rule: str
    period: str
    from_on: date | None
    to_on: date | None

    def link(self, path: str, **changes: str) -> str:
        """The address of a page with these choices, some of them changed."""
        words = {"by": self.by, "rule": self.rule, "period": self.period}
        if self.period == "own":
            words |= {"from": self.from_on.isoformat() if self.from_on else "", "to": self.to_on.isoformat() if self.to_on else ""}
        return f"{path}?{urlencode({name: value for name, value in (words | changes).items() if value})}"


def chosen(request: Request, *, rule: str = "last") -> Chosen:
    """What the address chooses; what it does not know falls back. Raises `InputError` for a day that is none."""
    asked = request.query_params
    by = request.path_params.get("by") or asked.get("by", "channel")
    named = asked.get("rule", rule)
    today = show_of(request).now.astimezone(show_of(request).zone).date()
    period = asked.get("period", "all")
    begin, end = _day(request, "from"), _day(request, "to")
    if begin or end:
        period = "own"
    elif period == "year":
        begin = today.replace(month=1, day=1)
    elif period in PERIODS[1:4]:
        begin = today - timedelta(days=int(period) - 1)
    else:
        period = "all"
    return Chosen(
        by if by in ledger.DIMENSIONS else "channel", named if named in list(ledger.AttributionRule) else rule, period, begin,
        end or (today if period not in ("all", "own") else None),
    )  # fmt: skip


def _day(request: Request, name: str) -> date | None:
    given = request.query_params.get(name, "")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise InputError(say_to(request, "web.ledger_no_date"), say_to(request, "web.ledger_no_date_remedy"), field=name) from None


def tabs(request: Request, here: str) -> dict[str, Any]:
    """The tabs over every page of the ledger."""
    entries = [(say_to(request, f"web.ledger_tab_{name}"), "/pnl" if name == "pnl" else f"/pnl/{name}", None) for name in TABS]
    return {"tabs": entries, "here": "/pnl" if here == "pnl" else f"/pnl/{here}"}
