"""The words of text messages."""

from __future__ import annotations

from dataclasses import dataclass

SETTING = "sms.sender"
PRICE_MICRO = 45_000  # of one unit, in millionths of the currency's main unit; what both vendors ask for small packages in 2026


@dataclass(frozen=True)
class SmsSettings:
    """By whom texts go: the setting `sms.sender`. `unit_price_micro` is the price of one unit in millionths of a yuan."""

    account_id: int
    signature: str
    unit_price_micro: int = PRICE_MICRO
    extend_code: str = ""


def cost_minor(units: int, unit_price_micro: int) -> int:
    """What a text of so many units costs, in minor units (fen), rounded up: the budget is never overdrawn by rounding."""
    return -(-units * unit_price_micro // 10_000)
