"""Where a vendor reaches us, and keys to give it: for the setup pages."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from datetime import datetime

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.sources.callbacks import store
from siyu.sources.callbacks.opening import mark_of
from siyu.sources.callbacks.words import KeyUse
from siyu.vendors import Account, CallbackKeys, VendorKind, callback_keys

_LETTERS = string.ascii_letters + string.digits
_WAYS = {
    VendorKind.WECOM: "wecom", VendorKind.OFFICIAL: "official", VendorKind.MINI: "mini", VendorKind.ALIYUN_SMS: "sms",
    VendorKind.TENCENT_SMS: "sms",
}  # fmt: skip


def path_kinds(way: str) -> tuple[VendorKind, ...]:
    """The kinds of accounts that a part of the address (wecom, official, mini, sms) is for."""
    return tuple(kind for kind, its in _WAYS.items() if its == way)


def address(ground: Ground, account: Account) -> str:
    """The callback address of an account, to be put into the vendor's console. That of text messages holds a secret: show it to owners
    only. Empty for text messages as long as the account has no keys.
    """
    base = f"{ground.config.base_url.rstrip('/')}/in/{_WAYS[account.kind]}/{account.account_id}"
    if _WAYS[account.kind] != "sms":
        return base
    keys = callback_keys(ground.vault, account)
    return f"{base}/{keys[0].token}" if keys else ""


def key_use(ground: Ground, conn: Connection, accounts: Sequence[Account], since: datetime) -> dict[int, list[KeyUse]]:
    """By account: what came with each set of keys that is in force, the newest first; since the full hour of a moment."""
    marks = [
        (one.account_id, place, mark_of(ground.vault.master, its))
        for one in accounts
        for place, its in enumerate(callback_keys(ground.vault, one))
    ]
    found: dict[int, list[KeyUse]] = {}
    for use in store.key_use(conn, marks, since):
        found.setdefault(use.account_id, []).append(use)
    return found


def fresh_keys(kind: VendorKind) -> CallbackKeys:
    """Random callback keys as the vendors want them: a token of 32 letters and digits, an EncodingAESKey of 43 (none for text messages)."""
    token = "".join(secrets.choice(_LETTERS) for _ in range(32))
    if _WAYS[kind] == "sms":
        return CallbackKeys(token)
    # 43 characters of base64 are 258 bits for 256: the last one carries four, so it must be one whose last two bits are zero.
    return CallbackKeys(token, "".join(secrets.choice(_LETTERS) for _ in range(42)) + secrets.choice("AEIMQUYcgkosw048"))
