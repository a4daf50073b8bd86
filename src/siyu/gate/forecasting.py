"""The contact budget: what the gate would say, before anything is asked. Nothing is stored and nobody is locked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from siyu import pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.gate import store
from siyu.gate.columns import us
from siyu.gate.decide import decide
from siyu.gate.load import Lane, Wish, load
from siyu.gate.store import Q
from siyu.gate.words import Code, Forecast, GateRules

_CODES = tuple(Code)
_AT_ONCE = 20_000
_BEFORE_ALL = -(2**62)
_LONG = timedelta(days=3)


def forecast(
    ground: Ground,
    batches: Iterable[Sequence[int] | NDArray[np.int64]],
    *,
    channel: str,
    purpose: str,
    topic: str = "",
    content_id: int = 0,
    priority: int = 50,
    cost_minor: int = 0,
    template: str = "",
    at: datetime | None = None,
    expires_at: datetime | None = None,
    samples: int = 5,
    progress: Callable[[int], None] | None = None,
) -> Forecast:
    """How many of these people would be sent to, and how many not, by reason; `batches` are person ids, each person once.

    `at` is the earliest moment of sending (now if not given), `expires_at` the latest (three days later if not given). Where a platform
    quota or a budget would not let all of them out in time, after what already waits with the same priority or a higher one, those left
    over count as `quota` or `budget`. Held-out people are the caller's to leave out. `progress` is told how many people are done.
    """
    now = ground.clock.now()
    start = max(at or now, now)
    end = expires_at or start + _LONG
    lane = Lane(0, "", 0, channel, str(purpose), topic, content_id, 0, priority, cost_minor, _BEFORE_ALL, template)
    people, later = 0, 0
    counts: Counter[Code] = Counter()
    found: dict[Code, list[int]] = {}
    for batch in batches:
        ids = np.asarray(batch, dtype=np.int64)
        for first in range(0, len(ids), _AT_ONCE):
            part = ids[first : first + _AT_ONCE]
            with ground.db.tx() as conn:
                rules = store.rules(conn)
                codes, waits = _judged(conn, part, lane, rules, now, start, end)
            people += len(part)
            later += int(waits.sum())
            for number in np.unique(codes).tolist():
                code = _CODES[number]
                mine = codes == number
                counts[code] += int(mine.sum())
                few = found.setdefault(code, [])
                few += part[mine][: samples - len(few)].tolist()
            if progress:
                progress(people)
    with ground.db.tx() as conn:
        done_by = _fit(conn, store.rules(conn), counts, lane, now, start, end)
    cost = counts[Code.PERMIT] * cost_minor
    return Forecast(people, dict(counts), min(later, counts[Code.PERMIT]), {c: tuple(f) for c, f in found.items()}, cost, done_by)


def _judged(
    conn: Connection, ids: NDArray[np.int64], lane: Lane, rules: GateRules, now: datetime, start: datetime, end: datetime
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The code of each person (`permit` for those who would wait, too), and who would wait."""
    n = len(ids)
    wish = Wish(
        intent=np.arange(-n, 0),
        person=ids,
        lane_id=np.zeros(n, dtype=np.int64),
        is_control=np.zeros(n, dtype=np.bool_),
        due=np.full(n, us(start)),
        expires=np.full(n, us(end)),
    )
    loaded = load(conn, wish, rules, pool.brand(conn).time_zone, us(now), is_claim=False, made_up=[lane])
    verdicts = decide(loaded.batch, loaded.touches, rules, us(now))
    return np.where(verdicts.is_yes, 0, verdicts.code), verdicts.waits


def _fit(
    conn: Connection, rules: GateRules, counts: Counter[Code], lane: Lane, now: datetime, start: datetime, end: datetime
) -> datetime | None:
    """Move those for whom quotas and budgets leave no room to their reason; gives when the last of the others would go."""
    done_by = None
    for quota in rules.quotas:
        if quota.channel != lane.channel or quota.n == 0:
            continue
        used = store.outlay(conn, start - quota.window, lane.channel, None)[0]
        ahead = _ahead(conn, lane.priority, lane.channel, None)[0] + used
        room = quota.n * (1 + (end - start) // quota.window) - ahead
        _leave_out(counts, Code.QUOTA, max(0, room))
        full = (ahead + counts[Code.PERMIT] - 1) // quota.n
        done_by = max(done_by or start, start + full * quota.window)
    for budget in rules.budgets:
        if budget.channel not in (None, lane.channel) or budget.purpose not in (None, lane.purpose) or not lane.cost_minor:
            continue
        spent = store.outlay(conn, start - budget.window, budget.channel, budget.purpose)[1]
        ahead = _ahead(conn, lane.priority, budget.channel, budget.purpose)[1] + spent
        room = budget.limit_minor * (1 + (end - start) // budget.window) - ahead
        _leave_out(counts, Code.BUDGET, max(0, room) // lane.cost_minor)
    return done_by


def _ahead(conn: Connection, priority: int, channel: str | None, purpose: str | None) -> tuple[int, int]:
    row = conn.execute(Q.see_ahead, {"priority": priority, "channel": channel, "purpose": purpose}).fetchone()
    assert row is not None  # noqa: S101  an aggregate always gives a row
    return int(row[0]), int(row[1])


def _leave_out(counts: Counter[Code], why: Code, room: int) -> None:
    over = max(0, counts[Code.PERMIT] - room)
    if over:
        counts[why] += over
        counts[Code.PERMIT] -= over
