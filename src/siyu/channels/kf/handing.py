"""Handing a conversation of 微信客服 to a person: into the desk's pool, from which whoever is on duty takes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.channels.connected.answering import clients, coded
from siyu.vendors import Trouble, VendorError, VendorKind
from siyu.vendors.wecom import Client

Q = queries(__name__, "handing.sql")

_POOL = 2  # service_state: waits for somebody on duty
_AFTER = timedelta(seconds=3)  # first the last words of the keywords' answer: the pool takes none (95018)


def hand_over(ground: Ground, limit: int = 20) -> int:
    """One step: hand on what `journeys.answers` asked for; gives how many were tried. What the vendor refuses is noted with its code.

    The attempt is written before the vendor is called, so a crash leaves it `unknown` and staff see it; nothing is tried twice blindly.
    """
    with ground.db.tx() as conn:
        rows = conn.execute(Q.open_handovers, {"limit": limit, "before": ground.clock.now() - _AFTER}).fetchall()
        corps = {one.app_id: one for one in clients(conn, VendorKind.WECOM)} if rows else {}
    done = 0
    for number, desk, who, corp in rows:
        account = corps.get(corp)
        if account is None:
            _note(ground, number, "refused", "account_off")
            done += 1
            continue
        _note(ground, number, "unknown", "")
        try:
            Client(ground, account).move_service(desk, who, _POOL)
            _note(ground, number, "moved", "")
        except VendorError as err:
            if err.kind is Trouble.LATER or (err.kind is Trouble.DOWN and not err.is_unknown):
                with ground.db.tx() as conn:
                    conn.execute(Q.forget_move, {"handover_id": number})
                return done
            _note(ground, number, "unknown" if err.is_unknown else "refused", coded(VendorKind.WECOM, err.code))
        done += 1
    return done


def handed_over(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """What became of hand-overs: (moved, refused or unknown; the code). Those that nobody tried yet are left out."""
    return {row[0]: (row[1], row[2]) for row in conn.execute(Q.moves, {"ids": list(ids)})}


def _note(ground: Ground, number: int, state: str, code: str) -> None:
    with ground.db.tx() as conn:
        conn.execute(Q.note_move, {"handover_id": number, "state": state, "code": code, "at": ground.clock.now()})
