"""How far the callbacks of an account are: a decision over what was seen."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from urllib.parse import urlsplit

from siyu.sources.callbacks import InboxCount
from siyu.sources.connecting.words import CallbackState
from siyu.vendors import BASE_URLS, Account


def callback_state(has_keys: bool, echoed_at: datetime | None, count: InboxCount | None) -> CallbackState:
    """What is true of an account's callbacks. `count` is of the last days; None where nothing came."""
    if not has_keys:
        return CallbackState.NONE
    if count and count.last_at and count.received:
        return CallbackState.HEARD
    if count and count.refused:
        return CallbackState.REFUSED
    return CallbackState.PROVEN if echoed_at else CallbackState.WAITING


def is_sandboxed(account: Account) -> bool:
    """Whether calls go to a server on one's own network instead of the vendor."""
    if account.base_url == BASE_URLS[account.kind]:
        return False
    return is_near(urlsplit(account.base_url).hostname or "")


def is_near(host: str) -> bool:
    """Whether a host is on this machine or on one's own network, by its name or address alone."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))
