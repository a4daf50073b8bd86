"""Logging in: the code is exchanged at WeChat, outside any transaction; then facts and the session are written together."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from siyu import vendors
from siyu.base.db import Connection, queries
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind, normal
from siyu.sources.connected import source_name
from siyu.sources.mini.words import PREFIX, SESSION_FOR, Opened, Refusal, Session
from siyu.sources.recording import record_told
from siyu.vendors import Account, AccountState, Trouble, VendorError, VendorKind
from siyu.vendors.wechat import Mini

Q = queries(__name__)

_BAD_CODES = frozenset({"40029", "40163", "41008"})
_RISKY = "40226"


def is_session(key: str) -> bool:
    """Whether a key is one of a mini-program's session rather than a source's."""
    return key.startswith(PREFIX)


def log_in(ground: Ground, account_id: int, code: str, phone_code: str, scene: str) -> Opened:
    """Take the code of `wx.login` (and of the phone button, where one is given). Raises `Refusal`."""
    account = _account(ground, account_id)
    client = Mini(ground, account)
    try:
        user = client.login(code)
    except VendorError as err:
        raise _refusal(err) from None
    who = normal.identifier(Kind.OPENID, user.openid, account.app_id)
    if who is None:
        raise Refusal("vendor", 503)
    union = normal.identifier(Kind.UNIONID, user.unionid) if user.unionid else None
    names = (who, union) if union else (who,)
    phone, why = _phone(client, phone_code, who.value) if phone_code else (None, "")
    now = ground.clock.now()
    data = {"account": account.app_id} | ({"scene": scene} if scene else {})
    digest = hashlib.sha256(code.encode()).hexdigest()[:32]
    facts = [Fact("app.opened", f"app.opened:{who.value}:{digest}", now, names, object=account.app_id, data=data)]
    if phone:
        facts.append(_stated(who, names, phone, now))
    key = PREFIX + secrets.token_urlsafe(24)
    ground.db.again(lambda conn: _keep(ground, conn, account, facts, who, key, now))
    return Opened(key, phone is not None, why)


def give_phone(ground: Ground, account_id: int, key: str, code: str) -> bool:
    """Take the code of the phone button from somebody who is logged in. Raises `Refusal`."""
    session = session_of(ground, key)
    if session is None or session.account_id != account_id:
        raise Refusal("session", 401)
    account = _account(ground, account_id)
    phone, why = _phone(Mini(ground, account), code, session.who.value)
    if phone is None:
        raise Refusal("phone_code" if why in _BAD_CODES else "vendor", 401 if why in _BAD_CODES else 503)
    fact = _stated(session.who, (session.who,), phone, ground.clock.now())
    ground.db.again(lambda conn: _told(ground, conn, account, [fact]))
    return True


def session_of(ground: Ground, key: str) -> Session | None:
    """The open session of a key; None for a wrong one, one that is over, or one whose account is switched off."""
    with ground.db.tx() as conn:
        row = conn.execute(Q.session, {"digest": _digest(key), "now": ground.clock.now()}).fetchone()
    return Session(row[0], row[1], row[2], Identifier(Kind.OPENID, row[3], row[4])) if row else None


def _account(ground: Ground, account_id: int) -> Account:
    with ground.db.tx() as conn:
        try:
            account = vendors.account(conn, account_id)
        except NotFoundError:
            raise Refusal("unknown", 404) from None
    if account.kind is not VendorKind.MINI:
        raise Refusal("unknown", 404)
    if account.state is not AccountState.ON:
        raise Refusal("off", 403)
    return account


def _phone(client: Mini, code: str, openid: str) -> tuple[Identifier | None, str]:
    """The number behind the code, or the vendor's code of why there is none."""
    try:
        told = client.phone(code, openid)
    except VendorError as err:
        return None, err.code
    number = told.pure_phone_number or told.phone_number
    written = f"+{told.country_code}{number}" if told.country_code and not number.startswith("+") else number
    found = normal.identifier(Kind.PHONE, written)
    return found, "" if found else "unreadable"


def _stated(who: Identifier, names: tuple[Identifier, ...], phone: Identifier, now: datetime) -> Fact:
    number = hashlib.sha256(phone.value.encode()).hexdigest()[:16]
    return Fact("profile.stated", f"phone:{who.value}:{number}", now, (*names, phone), object=who.scope, data={"way": "wechat_phone"})


def _told(ground: Ground, conn: Connection, account: Account, facts: list[Fact]) -> None:
    record_told(ground, conn, account.kind, account.app_id, facts)
    conn.execute(Q.ring)


def _keep(ground: Ground, conn: Connection, account: Account, facts: list[Fact], who: Identifier, key: str, now: datetime) -> None:
    _told(ground, conn, account, facts)
    source = conn.execute(Q.source, {"name": source_name(account.kind, account.app_id)[0]}).fetchone()
    subject = conn.execute(Q.subject, {"lookup": ground.vault.lookup(who.kind, who.scope, who.value), "scope": who.scope}).fetchone()
    assert source and subject  # noqa: S101  both were just made
    words = {
        "digest": _digest(key), "account_id": account.account_id, "source_id": source[0], "subject": subject[0], "now": now,
        "expires_at": now + SESSION_FOR,
    }  # fmt: skip
    conn.execute(Q.keep_session, words)
    conn.execute(Q.forget_old, {"now": now})


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def _refusal(err: VendorError) -> Refusal:
    if err.code in _BAD_CODES:
        return Refusal("code", 401)
    if err.code == _RISKY:
        return Refusal("risky", 403)
    if err.kind is Trouble.LATER:
        return Refusal("busy", 429)
    return Refusal("vendor", 503)
