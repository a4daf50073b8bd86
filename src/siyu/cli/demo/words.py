"""The names, the rule and the letter of the demo, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from siyu.base.text import say

BRAND = "Online Retail"
SHOP = "online-retail"
CONTACTS = "contact-list"
WEB_SHOP = "web-shop"
SENDER = "hello@shop.example"
STAFF = (("owner", "owner"), ("operator", "operator"), ("viewer", "viewer"))
HOLDOUT = 0.10
MORNING_AFTER = datetime(2011, 12, 10, 9, 30)  # noqa: DTZ001  London time: the morning after the last order of the file

# Bought, and then nothing for 45 days to 9 months: drifting away.
DRIFTING: dict[str, Any] = {
    "siyu_rule": 1,
    "where": {"all": [{"if": "orders", "measure": "last_at", "op": "during", "value": {"from_ago": "270 days", "to_ago": "45 days"}}]},
}


# An example price for sending an e-mail, so that the ledger has a cost to serve; the orders themselves come without any costs.
TERMS: dict[str, Any] = {"prices": [{"item": "message.email", "from": "2010-12-01", "price": "0.002"}]}


@dataclass(frozen=True)
class DemoLetter:
    """The letter that the demo sends."""

    name: str
    subject: str
    body: str


def segment_name(lang: str) -> str:
    """What the segment is called."""
    return say("cli.demo_segment_name", lang)


def broadcast_name(lang: str) -> str:
    """What the broadcast is called."""
    return say("cli.demo_broadcast_name", lang)


def letter(lang: str) -> DemoLetter:
    """The letter in the language of the terminal."""
    return DemoLetter(say("cli.demo_letter_name", lang), say("cli.demo_letter_subject", lang), say("cli.demo_letter_body", lang))
