"""What somebody agreed to by single messages (订阅消息), and what of it is left: counted as the judge counts."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from siyu import pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.gate import store
from siyu.gate.columns import us
from siyu.gate.load import Lane, Wish, load
from siyu.gate.store import Q
from siyu.gate.words import Credit, Deed, Purpose

_BEFORE_ALL = -(2**62)


def credits(ground: Ground, conn: Connection, person_id: int) -> list[Credit]:
    """The templates that a person agreed to within the time that a consent is remembered, by channel and template."""
    now, rules = ground.clock.now(), store.rules(conn)
    ways = {window.of: window for window in rules.windows if window.after is Deed.ACCEPT}
    if not ways:
        return []
    since = now - max((window.within for window in ways.values()), default=timedelta(0))
    agreed = conn.execute(Q.see_agreed, {"person_id": person_id, "since": since}).fetchall()
    made = [
        Lane(-number, "", 0, ways[of].channel, str(Purpose.SERVICE), "", 0, 0, 50, 0, _BEFORE_ALL, template)
        for number, (of, template) in enumerate(agreed, 1)
        if of in ways
    ]
    if not made:
        return []
    n, at = len(made), us(now)
    lane_ids = np.array([one.lane_id for one in made], dtype=np.int64)
    numbers = np.arange(-n, 0)
    wish = Wish(numbers, np.full(n, person_id), lane_ids, np.zeros(n, dtype=np.bool_), np.full(n, at), np.full(n, at + 1))
    loaded = load(conn, wish, rules, pool.brand(conn).time_zone, at, is_claim=False, made_up=made)
    lanes, touches, found = loaded.batch.lanes, loaded.touches, []
    for opening in loaded.batch.openings:
        channel = rules.windows[opening.rule].channel
        if opening.template <= 0 or not opening.allowed[0]:
            continue
        fit = lanes.fits(channel, None) & (lanes.template == opening.template)
        sent = int((fit[touches.lane] & (touches.at >= opening.since[0]) & (touches.who == 0)).sum())
        allowed = int(opening.allowed[0])
        found.append(Credit(channel, lanes.templates[opening.template], allowed, max(0, allowed - sent)))
    return sorted(found, key=lambda one: (one.channel, one.template))
