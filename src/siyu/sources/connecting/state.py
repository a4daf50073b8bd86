"""How far the callbacks of an account are: a decision over what was seen."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from siyu.sources.callbacks import InboxCount, KeyUse
from siyu.sources.connecting.words import CallbackState, RotationState
from siyu.vendors import BASE_URLS, Account


def callback_state(
    has_keys: bool, echoed_at: datetime | None, count: InboxCount | None, use: Sequence[KeyUse] | None = None
) -> CallbackState:
    """What is true of an account's callbacks. `count` is of the last days; None where nothing came. With `use` only what came with the
    keys in force counts as heard: an account that was switched to another side has not been heard yet.
    """
    if not has_keys:
        return CallbackState.NONE
    is_used = use is None or any(one.last_at for one in use)
    if count and count.last_at and count.received and is_used:
        return CallbackState.HEARD
    if count and count.refused:
        return CallbackState.REFUSED
    return CallbackState.PROVEN if echoed_at else CallbackState.WAITING


def rotation_state(use: Sequence[KeyUse]) -> RotationState | None:
    """How far a change of keys is. `use` counts the last 24 hours, of the newest set first; None where only one set is in force."""
    if len(use) < 2:
        return None
    if use[0].last_at is None:
        return RotationState.UNENTERED
    return RotationState.MIXED if any(one.deliveries for one in use[1:]) else RotationState.QUIET


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
