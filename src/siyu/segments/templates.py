"""Ready rules to start from."""

from __future__ import annotations

from typing import Any

from siyu.base.text import say
from siyu.segments.parse import parse
from siyu.segments.words import ReadyRule

_RULES: dict[str, Any] = {
    "drifting": {
        "all": [
            {"if": "orders", "measure": "count", "op": "gte", "value": 2},
            {"if": "orders", "measure": "last_at", "op": "during", "value": {"from_ago": "180 days", "to_ago": "60 days"}},
        ]
    },
    "new": {"all": [{"if": "orders", "measure": "first_at", "op": "during", "value": {"last": "30 days"}}]},
    "second": {
        "all": [
            {"if": "orders", "measure": "count", "op": "eq", "value": 1},
            {"if": "orders", "measure": "last_at", "op": "during", "value": {"from_ago": "60 days", "to_ago": "14 days"}},
        ]
    },
    "vip": {"all": [{"if": "profile", "field": "stage", "op": "eq", "value": "vip"}]},
    "asleep": {
        "all": [
            {"if": "orders", "measure": "count", "op": "gte", "value": 5},
            {"if": "orders", "measure": "days_since_last", "op": "gte", "value": 90},
        ]
    },
    "birthday": {"all": [{"if": "trait", "name": "birth_day", "op": "anniversary", "value": 7}]},
    "never": {
        "all": [
            {"if": "profile", "field": "is_known", "op": "eq", "value": True},
            {"if": "orders", "measure": "count", "op": "eq", "value": 0},
        ]
    },
    "cart": {
        "all": [
            {
                "if": "sequence", "first": {"type": "cart.added"}, "then": {"type": "order.paid"}, "is": "not_done",
                "within": "24 hours", "window": {"last": "3 days"},
            }
        ]
    },
    "mailable": {
        "all": [
            {"if": "reachable", "channel": "email"},
            {"not": {"if": "consent", "channel": "email", "purpose": "marketing", "is": "withdrawn"}},
        ]
    },
}  # fmt: skip


def templates(lang: str = "zh") -> list[ReadyRule]:
    """A handful of ready rules, named and described in `lang`."""
    return [
        ReadyRule(
            key, say(f"segments.ready_{key}", lang), say(f"segments.ready_{key}_about", lang), parse({"siyu_rule": 1, "where": where})
        )
        for key, where in _RULES.items()
    ]
