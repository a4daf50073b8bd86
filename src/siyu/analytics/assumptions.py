"""What orders cannot say, in one place: margin, cost of capital, cost to serve and to win, wages. `siyu diagnose` begins with the same.

Kept as the setting `analytics.assumptions`, a dictionary of the fields that somebody changed; the rest stays as the default of the
brand's currency. Everything that is valued names the assumptions it was valued with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from siyu.analytics.diagnosis.words import GUIDE_MONTH, PLATFORM_MONTH, Assumptions
from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.money import digits

SETTING = "analytics.assumptions"


@dataclass(frozen=True)
class Assumed(Assumptions):
    """The diagnosis' assumptions, and those of a valuation.

    `serve_year_minor` what serving one active buyer costs a year (messages, care, gifts). `win_minor` what winning one buyer costs; None =
    the margin of the first order (it pays for itself). `payback_months` within which that must come back. `growth` more new buyers each
    year in the growth scenario (0.2 = 20 %). `keep_change` by how much more (or less) of each year's buying stays than the model says
    (0.05 = 5 %); nought believes the model.
    """

    serve_year_minor: int = 0
    win_minor: int | None = None
    payback_months: int = 12
    growth: float = 0.2
    keep_change: float = 0.0


# What a field may be: (least, most).
LIMITS: dict[str, tuple[float, float]] = {
    "margin": (0.01, 1.0), "yearly_keep": (0.05, 1.0), "yearly_discount": (0.0, 1.0), "horizon_months": (6, 60),
    "guide_month_minor": (0, 10**9), "guide_capacity": (1, 10**6), "guide_lift": (0.0, 5.0), "platform_month_minor": (0, 10**10),
    "serve_year_minor": (0, 10**9), "win_minor": (0, 10**9), "payback_months": (1, 60), "growth": (-0.9, 5.0), "keep_change": (-0.5, 0.5),
}  # fmt: skip
_MAY_BE_OPEN = frozenset({"win_minor"})
_WHOLE = frozenset(name for name in LIMITS if name.endswith(("_minor", "_months", "_capacity")))


def assumptions(conn: Connection, currency: str) -> Assumed:
    """Today's assumptions for amounts in `currency`."""
    return changed(default(currency), settings.get(conn, SETTING, {}))


def default(currency: str) -> Assumed:
    """What is assumed where nobody said otherwise."""
    unit = 10 ** digits(currency)
    return Assumed(
        guide_month_minor=GUIDE_MONTH.get(currency, GUIDE_MONTH["USD"]) * unit,
        platform_month_minor=PLATFORM_MONTH.get(currency, PLATFORM_MONTH["USD"]) * unit,
    )


def set_assumptions(conn: Connection, changes: Mapping[str, Any], *, at: datetime) -> None:
    """Keep changed assumptions (None gives a field its default back). Raises `InputError` for a name or a value that cannot be."""
    kept = {**settings.get(conn, SETTING, {}), **changes}
    kept = {name: value for name, value in kept.items() if value is not None}
    changed(Assumed(), kept)
    settings.put(conn, SETTING, kept, at=at)


def changed(a: Assumed, changes: Mapping[str, Any]) -> Assumed:
    """The assumptions with some of them changed. Raises `InputError` naming the field and what it may be."""
    known = {one.name for one in fields(Assumed)}
    taken: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in known:
            raise InputError(f"There is no assumption {name}.", f"There are {', '.join(sorted(known))}.", field=name)
        if value is None and name in _MAY_BE_OPEN:
            taken[name] = None
            continue
        low, high = LIMITS[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise InputError(f"The assumption {name} must be a number from {low:g} to {high:g}.", "Give shares as 0.35.", field=name)
        taken[name] = round(value) if name in _WHOLE else float(value)
    return replace(a, **taken)


def as_dict(a: Assumed) -> dict[str, Any]:
    """The assumptions as JSON values."""
    return asdict(a)
