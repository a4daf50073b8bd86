"""The words of text messages."""

from __future__ import annotations

from dataclasses import dataclass

from siyu.content import SMS_PRICE_MICRO

SETTING = "sms.sender"


@dataclass(frozen=True)
class SmsSettings:
    """By whom texts go: the setting `sms.sender`. `unit_price_micro` is the price of one unit in millionths of a yuan."""

    account_id: int
    signature: str
    unit_price_micro: int = SMS_PRICE_MICRO
    extend_code: str = ""
