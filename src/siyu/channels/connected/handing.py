"""Handing a conversation to a person: of 微信客服 into the desk's pool, from which whoever is on duty takes it; of an official account
(公众号) to the agent who is online and has the fewest customers.

An official account knows two ways. The passive reply `transfer_customer_service` must come within five seconds of the very message, and
its effect is never told; `kfsession/create` may be called later (a second miss is only known then) and says what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.channels.connected.answering import clients, coded
from siyu.journeys import answers
from siyu.vendors import Account, Trouble, VendorError, VendorKind
from siyu.vendors.wechat import Official
from siyu.vendors.wecom import Client

Q = queries(__name__, "handing.sql")

NOBODY = "nobody_online"
_POOL = 2  # service_state: waits for somebody on duty
_AFTER = timedelta(seconds=3)  # first the last words of the keywords' answer: the pool takes none (95018)
_AGAIN = timedelta(minutes=1)  # between looks for somebody who is online
_WAIT_FOR = timedelta(minutes=30)  # for somebody to come
_SESSION_FOR = timedelta(minutes=30)  # then WeChat tells us again what the customer writes, and the agent no more
_KINDS = {"kf": VendorKind.WECOM, "official": VendorKind.OFFICIAL}
_GONE_OFF = "65415"  # the agent went offline between the list and the call


@dataclass(frozen=True)
class _Talk:
    """One conversation. `place` is the desk of 微信客服, the account's appid of an official account."""

    number: int
    channel: str
    place: str
    who: str
    scope: str
    asked_at: datetime


def hand_over(ground: Ground, limit: int = 20) -> int:
    """One step: hand on what `journeys.answers` asked for; gives how many were tried or came back. What the vendor refuses is noted with
    its code.

    The attempt is written before the vendor is called, so a crash leaves it `unknown` and staff see it; nothing is tried twice blindly.
    """
    now = ground.clock.now()
    with ground.db.tx() as conn:
        back = [row[0] for row in conn.execute(Q.given_back, {"before": now - _SESSION_FOR})]
        done = sum(answers.end_handover(ground, conn, number) for number in back)
        rows = conn.execute(Q.open_handovers, {"limit": limit, "before": now - _AFTER, "again": now - _AGAIN}).fetchall()
        accounts = {(one.kind, one.app_id): one for kind in _KINDS.values() for one in clients(conn, kind)} if rows else {}
    for talk in (_Talk(*row) for row in rows):
        kind = _KINDS.get(talk.channel)
        account = accounts.get((kind, talk.scope)) if kind else None
        if account is None:
            _note(ground, talk.number, "refused", "account_off")
            done += 1
            continue
        _note(ground, talk.number, "unknown", "")
        try:
            state, code = _move(ground, account, talk)
        except VendorError as err:
            if err.kind is Trouble.LATER or (err.kind is Trouble.DOWN and not err.is_unknown):
                with ground.db.tx() as conn:
                    conn.execute(Q.forget_move, {"handover_id": talk.number})
                return done
            state, code = "unknown" if err.is_unknown else "refused", coded(account.kind, err.code)
            if err.code == _GONE_OFF and account.kind is VendorKind.OFFICIAL:
                state, code = _nobody(ground, talk)
        _note(ground, talk.number, state, code)
        done += 1
    return done


def _move(ground: Ground, account: Account, talk: _Talk) -> tuple[str, str]:
    """Ask the vendor; gives the state and its code. Raises `VendorError`."""
    if account.kind is VendorKind.WECOM:
        Client(ground, account).move_service(talk.place, talk.who, _POOL)
        return "moved", ""
    client = Official(ground, account)
    there = client.online_agents()
    if not there:
        return _nobody(ground, talk)
    client.begin_session(min(there, key=lambda one: (one.accepted_case, one.kf_account)).kf_account, talk.who)
    return "moved", ""


def _nobody(ground: Ground, talk: _Talk) -> tuple[str, str]:
    return ("waiting" if ground.clock.now() - talk.asked_at < _WAIT_FOR else "refused"), NOBODY


def handed_over(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """What became of hand-overs: (moved, waiting, refused or unknown; the code). Those that nobody tried yet are left out."""
    return {row[0]: (row[1], row[2]) for row in conn.execute(Q.moves, {"ids": list(ids)})}


def _note(ground: Ground, number: int, state: str, code: str) -> None:
    with ground.db.tx() as conn:
        conn.execute(Q.note_move, {"handover_id": number, "state": state, "code": code, "at": ground.clock.now()})
