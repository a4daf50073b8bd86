"""Secrets in settings: sealed with a key of their own, so that a copy of the database alone opens none of them."""

from __future__ import annotations

from base64 import b64decode, b64encode

from siyu.base.vault import Vault, seal, unseal


def close(vault: Vault, secret: str) -> str:
    """The secret as it may stand in a setting; empty stays empty."""
    if not secret:
        return ""
    key, wrapped = vault.new_key()
    return f"{b64encode(wrapped).decode()}.{b64encode(seal(key, secret)).decode()}"


def reveal(vault: Vault, kept: str) -> str:
    """The secret again. Raises `ConfigError` when it was closed by another installation."""
    if not kept:
        return ""
    wrapped, _, sealed = kept.partition(".")
    return unseal(vault.open_key(b64decode(wrapped)), b64decode(sealed))
