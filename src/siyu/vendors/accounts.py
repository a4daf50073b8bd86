"""Accounts with vendors: kept with their secrets sealed, opened only where a call or a callback needs them."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from siyu.base.db import Connection
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.base.vault import Vault, seal, unseal
from siyu.vendors import store
from siyu.vendors.crypto import aes_key_of
from siyu.vendors.words import Account, AccountState, CallbackKeys, VendorKind

BASE_URLS = {
    VendorKind.WECOM: "https://qyapi.weixin.qq.com",
    VendorKind.OFFICIAL: "https://api.weixin.qq.com",
    VendorKind.MINI: "https://api.weixin.qq.com",
    VendorKind.ALIYUN_SMS: "https://dysmsapi.aliyuncs.com",
    VendorKind.TENCENT_SMS: "https://sms.tencentcloudapi.com",
}


def account(conn: Connection, account_id: int) -> Account:
    """One account. Raises `NotFoundError`."""
    found = store.see_account(conn, account_id)
    if found is None:
        raise NotFoundError("There is no such vendor account.", "Choose one on the connections page.")
    return found


def keep_account(
    ground: Ground,
    conn: Connection,
    *,
    kind: VendorKind | str,
    name: str,
    app_id: str,
    secret: str = "",
    agent_id: str = "",
    base_url: str = "",
    callback: CallbackKeys | None = None,
    options: Mapping[str, str] | None = None,
    state: AccountState | str = AccountState.ON,
    account_id: int | None = None,
) -> Account:
    """Make an account, or change the one of `account_id`. An empty `secret` and a `callback` of None leave what is there.

    Callback keys that change this way are in force at once, alone: `rotate_keys` changes them without losing a callback. An empty
    `base_url` is the vendor's own. Raises `InputError`, `NotFoundError`.
    """
    kind, state = VendorKind(kind), AccountState(state)
    before = None
    if account_id is not None:
        before = store.see_account(conn, account_id, for_update=True)
        if before is None:
            raise NotFoundError("There is no such vendor account.", "Choose one on the connections page.")
        if before.kind != kind:
            raise InputError("The kind of an account cannot change.", "Make a new account.", field="kind")
    _want(name=name.strip(), app_id=app_id.strip(), secret=secret or before)
    if callback is not None and callback.aes_key:
        aes_key_of(callback)
    now = ground.clock.now()
    key, wrapped = ground.vault.new_key()
    keys: Sequence[CallbackKeys] = callback_keys(ground.vault, before) if before else ()
    if callback is not None:
        keys = (callback,)
    fields = {
        "kind": kind, "name": name.strip(), "app_id": app_id.strip(), "agent_id": agent_id.strip(),
        "base_url": _address(base_url.strip() or BASE_URLS[kind]),
        "options": dict(options if options is not None else before.options if before else {}),
        "key": wrapped, "secret": seal(key, secret.strip() or (secret_of(ground.vault, before) if before else "")),
        "callbacks": _seal_keys(key, keys), "state": state,
    }  # fmt: skip
    if before:
        store.change_account(conn, before.account_id, now, fields)
        if callback is not None:
            store.keep_callbacks(conn, before.account_id, _seal_keys(key, keys), None, now)
        return account(conn, before.account_id)
    made = store.make_account(conn, now, fields)
    if made is None:
        raise InputError("This account is there already.", "Change that one instead.", field="app_id")
    return account(conn, made)


def rotate_keys(ground: Ground, conn: Connection, account_id: int, keys: CallbackKeys) -> Account:
    """Put new callback keys in front; the ones before stay right beside them until `retire_keys`. Do this first, then at the vendor."""
    if keys.aes_key:
        aes_key_of(keys)
    _want(token=keys.token)
    now = store.see_account(conn, account_id, for_update=True)
    if now is None:
        raise NotFoundError("There is no such vendor account.", "Choose one on the connections page.")
    old = [k for k in callback_keys(ground.vault, now) if k != keys]
    sealed = _seal_keys(ground.vault.open_key(now.key), [keys, *old[:1]])
    at = ground.clock.now()
    store.keep_callbacks(conn, account_id, sealed, at if old else None, at)
    return account(conn, account_id)


def retire_keys(ground: Ground, conn: Connection, account_id: int) -> Account:
    """End a rotation: only the newest callback keys are right from now on."""
    now = store.see_account(conn, account_id, for_update=True)
    if now is None:
        raise NotFoundError("There is no such vendor account.", "Choose one on the connections page.")
    sealed = _seal_keys(ground.vault.open_key(now.key), callback_keys(ground.vault, now)[:1])
    store.keep_callbacks(conn, account_id, sealed, None, ground.clock.now())
    return account(conn, account_id)


def forget_account(conn: Connection, account_id: int) -> None:
    """Delete an account with its secrets, tokens and limits."""
    store.forget_account(conn, account_id)


def secret_of(vault: Vault, account: Account) -> str:
    """The app's secret in the clear: for the call it is needed in, for nothing else."""
    return unseal(vault.open_key(account.key), account.secret)


def callback_keys(vault: Vault, account: Account) -> tuple[CallbackKeys, ...]:
    """The callback keys in force, the newest first: none, one, or two during a rotation."""
    rows = json.loads(unseal(vault.open_key(account.key), account.callbacks))
    return tuple(CallbackKeys(row["token"], row["aes_key"]) for row in rows)


def _seal_keys(key: bytes, keys: Sequence[CallbackKeys]) -> bytes:
    return seal(key, json.dumps([{"token": k.token, "aes_key": k.aes_key} for k in keys]))


def _want(**fields: object) -> None:
    for field, value in fields.items():
        if not value:
            raise InputError(f"{field} is empty.", "Copy it from the vendor's console.", field=field)


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise InputError("The address is not one.", "Example: https://qyapi.weixin.qq.com", field="base_url")
    if parts.scheme == "http" and not _is_near(parts.hostname):
        raise InputError(
            "Secrets would travel in the clear.", "Use https://; http:// is for a sandbox on your own network.", field="base_url"
        )
    return url.rstrip("/")


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))
