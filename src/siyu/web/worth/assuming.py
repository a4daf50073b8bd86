"""The form of assumptions: shares are written as per cent, money in whole units; what cannot be read keeps its value and is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from siyu.analytics import assumptions
from siyu.analytics.assumptions import Assumed
from siyu.base.errors import InputError
from siyu.base.money import digits

# field -> (text, kind)
FIELDS: dict[str, tuple[str, str]] = {
    "margin": ("worth_margin", "share"),
    "yearly_discount": ("worth_discount", "share"),
    "yearly_keep": ("worth_keep", "share"),
    "serve_year_minor": ("worth_serve", "money"),
    "win_minor": ("worth_win", "money"),
    "payback_months": ("worth_payback_months", "whole"),
    "growth": ("worth_growth", "share"),
    "keep_change": ("worth_keep_change", "share"),
}
HELP = {"win_minor": "worth_win_help", "keep_change": "worth_keep_help"}
_PER_CENT = 100


@dataclass(frozen=True)
class Control:
    """One control of the form: its text key, what stands in it, its unit, its help, and whether what was given cannot be."""

    name: str
    key: str
    value: str
    suffix: str
    help: str
    is_wrong: bool


def read(a: Assumed, given: Mapping[str, Any], currency: str) -> tuple[Assumed, set[str]]:
    """The assumptions with what the form says, and the fields whose values cannot be."""
    wrong: set[str] = set()
    for name, (_, kind) in FIELDS.items():
        if name not in given:
            continue
        try:
            a = assumptions.changed(a, {name: _number(str(given[name]), kind, currency)})
        except (InputError, InvalidOperation):
            wrong.add(name)
    return a, wrong


def _number(text: str, kind: str, currency: str) -> float | int | None:
    text = text.strip().removesuffix("%").replace(",", "").replace("，", "")
    if not text and kind == "money":
        return None
    value = Decimal(text)
    if not value.is_finite():
        raise InvalidOperation
    if kind == "money":
        return round(value.scaleb(digits(currency)))
    return round(value) if kind == "whole" else float(value / _PER_CENT)


def controls(a: Assumed, given: Mapping[str, Any], wrong: set[str], currency: str, *, is_fading: bool) -> list[Control]:
    """The form as it stands; the assumed stay only where the data show no dropout."""
    return [
        Control(
            name, f"web.{key}", str(given[name]) if name in wrong else _shown(getattr(a, name), kind, currency),
            {"share": "%", "money": currency}.get(kind, ""), f"web.{HELP[name]}" if name in HELP else "", name in wrong,
        )
        for name, (key, kind) in FIELDS.items()
        if name != "yearly_keep" or is_fading
    ]  # fmt: skip


def _shown(value: Any, kind: str, currency: str) -> str:
    if value is None:
        return ""
    if kind == "share":
        return f"{value * _PER_CENT:.4g}"
    return f"{Decimal(value).scaleb(-digits(currency)):f}" if kind == "money" else str(value)
