"""Stopping: an origin holds or takes back what it asked, a person says no.

Nothing here waits for a fold or a queue to be worked off: each is a row that every claim reads, under a lock that every claim takes, so
that once it is committed no claim that ignores it can be.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from siyu.base.cursor import Place, keep_place, take_place
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.gate import store
from siyu.gate.columns import NEVER, fetch, us
from siyu.gate.decide import NUMBER, Verdicts
from siyu.gate.load import HEARER, WITHDRAWING
from siyu.gate.locking import lock_people
from siyu.gate.store import Q
from siyu.gate.words import Code

EVERY = "*"


def pause(ground: Ground, conn: Connection, origin: str, origin_id: int) -> None:
    """Let nobody claim the origin's permits until `resume`. They keep waiting, keep counting against caps, and may expire."""
    conn.execute(Q.lock_origin, {"origin": origin, "origin_id": origin_id})
    conn.execute(Q.hold, {"origin": origin, "origin_id": origin_id, "at": ground.clock.now()})


def resume(ground: Ground, conn: Connection, origin: str, origin_id: int) -> None:
    """Let the origin's permits be claimed again; each is judged again as it is claimed."""
    conn.execute(Q.let_go, {"origin": origin, "origin_id": origin_id})


def withdraw(ground: Ground, conn: Connection, origin: str, origin_id: int) -> int:
    """Take back everything the origin has asked so far; gives how many permits had been waiting.

    At once for claims, caps and the view `permits`; the verdicts that say so are written by `judge` a batch at a time. What is already
    claimed is on its way. What the origin asks later is a new wish.
    """
    conn.execute(Q.lock_origin, {"origin": origin, "origin_id": origin_id})
    row = conn.execute(Q.count_waiting, {"origin": origin, "origin_id": origin_id}).fetchone()
    conn.execute(Q.take_back, {"origin": origin, "origin_id": origin_id, "at": ground.clock.now()})
    return int(row[0]) if row else 0


def withdraw_person(
    ground: Ground, conn: Connection, subject: int, channel: str = EVERY, purpose: str = EVERY, *, at: datetime | None = None
) -> int:
    """A person says no: refuse every permit that waits, and every claim from this transaction's commit on; gives how many were refused.

    Call it in the transaction that records the fact. `subject` is the identifier that the no came with (the address written to), or any
    id of the person. Holds until a later consent is given under the same identifier. `at` is when the person said it; now if not given.
    """
    now = ground.clock.now()
    lock_people(conn, np.array([subject]))
    conn.execute(Q.withdraw_person, {"subject": subject, "channel": channel, "purpose": purpose, "at": at or now})
    intents, lanes = fetch(conn, Q.waiting_of_person, {"subject": subject, "channel": channel, "purpose": purpose})
    n = len(intents)
    if n:
        verdicts = Verdicts(
            code=np.full(n, NUMBER[Code.UNSUBSCRIBED]),
            waits=np.zeros(n, dtype=np.bool_),
            at=np.full(n, NEVER),
            cap=np.full(n, -1),
            other=np.full(n, -1),
        )
        store.withdraw_permits(conn, intents, now)
        every = np.ones(n, dtype=np.bool_)
        store.write_verdicts(conn, "claim", verdicts, every, intents, lanes, us(now), store.rules(conn))
    return n


def hear(ground: Ground) -> int:
    """Take in the withdrawals among new facts, whatever door they came by; gives 1 if the place in the log moved.

    A claim also reads what stands behind this place, so nothing depends on how often this runs; it only keeps that stretch short.
    """
    with ground.db.tx() as conn:
        place = take_place(conn, HEARER)
        if place is None:
            return 0
        row = conn.execute(Q.last_settled_fact, {"xid": str(place.xid), "seq": place.seq}).fetchone()
        if row is None:
            return 0
        words = {"xid": str(place.xid), "seq": place.seq, "to_xid": row[0], "to_seq": row[1], "types": WITHDRAWING}
        conn.execute(Q.hear_withdrawals, words)
        keep_place(conn, HEARER, Place(int(row[0]), int(row[1])))
    return 1
