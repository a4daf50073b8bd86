"""May and can we reach somebody: consents, addresses and personal traits in the clear, for callers who render and send and never log."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag

from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.base.vault import unseal
from siyu.pool.words import Address, Kind

Q = queries(__name__, "people.sql")

# Which kind of identifier a channel delivers to. A channel that is not named here needs no address of the person.
ADDRESS_KINDS = {
    "email": Kind.EMAIL,
    "sms": Kind.PHONE,
    "wecom": Kind.EXTERNAL_USERID,
    "wechat": Kind.OPENID,
    "official": Kind.OPENID,
    "official_chat": Kind.OPENID,
    "official_notice": Kind.OPENID,
    "mini": Kind.OPENID,
    "kf": Kind.EXTERNAL_USERID,
}


def addresses(ground: Ground, conn: Connection, person_ids: Sequence[int], channel: str) -> dict[int, Address]:
    """The address each person can be reached at: of several the one seen last. People without one are left out.

    Keys are the numbers asked for, also where they are old ones. Addresses that bounced hard are never given.
    """
    kind = ADDRESS_KINDS.get(channel)
    if kind is None:
        return {}
    found: dict[int, Address] = {}
    for person, number, sealed, wrapped, plain in conn.execute(Q.addresses, {"people": list(person_ids), "kind": str(kind)}):
        value = plain if plain is not None else _open(ground, wrapped, sealed)
        if value is not None:
            found[person] = Address(number, value)
    return found


def personal_traits(ground: Ground, conn: Connection, person_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Names and other personal traits in the clear, latest first, per person asked for."""
    keys: dict[int, bytes | None] = {}
    found: dict[int, dict[str, str]] = {}
    for person, name, sealed, number, wrapped in conn.execute(Q.personal_traits, {"people": list(person_ids)}):
        if sealed is None:
            continue
        if number not in keys:
            keys[number] = ground.vault.open_key(bytes(wrapped)) if wrapped else None
        value = _unseal(keys[number], sealed)
        if value is not None:
            found.setdefault(person, {})[name] = value
    return found


def _open(ground: Ground, wrapped: bytes | None, sealed: bytes | None) -> str | None:
    if wrapped is None or sealed is None:
        return None
    return unseal(ground.vault.open_key(bytes(wrapped)), bytes(sealed))


def _unseal(key: bytes | None, sealed: str) -> str | None:
    try:
        return None if key is None else unseal(key, b64decode(sealed))
    except InvalidTag:  # sealed under a key that was destroyed since
        return None
