"""A small shop for broadcasts: people with addresses, consents and a past; and a channel that settles at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import numpy as np

from siyu import content, gate, journeys, pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.pool import Fact, Identifier, Kind

BUYERS = {"siyu_rule": 1, "where": {"if": "orders", "measure": "count", "op": "gte", "value": 1}}
DAY = timedelta(days=1)


def source(ground: Ground, conn: Connection) -> int:
    return pool.ensure_source(conn, "shop", "system", now=ground.clock.now())


def who(n: int) -> tuple[Identifier, ...]:
    return (Identifier(Kind.MEMBER_ID, f"m{n}", "shop"), Identifier(Kind.EMAIL, f"m{n}@example.com"))


def settle(ground: Ground) -> None:
    while pool.fold(ground):
        pass


def open_shop(ground: Ground, n: int, *, silent: Iterable[int] = (), seed: int = 1) -> dict[int, int]:
    """`n` people with a past; those in `silent` never consented. Gives number -> person_id."""
    rng, now = np.random.default_rng(seed), ground.clock.now()
    quiet = set(silent)
    facts = []
    for k in range(n):
        for order in range(int(rng.integers(1, 5))):
            at = now - timedelta(days=float(rng.uniform(20, 300)))
            facts.append(Fact("order.paid", f"o{k}-{order}", at, who(k), f"{k}-{order}", int(rng.lognormal(8, 0.8))))
        if k not in quiet:
            facts.append(Fact("consent.given", f"c{k}", now - 400 * DAY, who(k), data={"channel": "email", "purpose": "marketing"}))
    with ground.db.tx() as conn:
        pool.record(ground, conn, source(ground, conn), facts)
    settle(ground)
    with ground.db.tx() as conn:
        return {k: int(pool.person_of(ground, conn, who(k)[0]) or 0) for k in range(n)}


def letter(ground: Ground, conn: Connection) -> int:
    known = content.all_kept(conn)
    if known:
        return known[0].content_id
    return content.keep(ground, conn, name="win-back", channel="email", subject="We miss you", body="Come back!").content_id


def draft(letter: int, **more: object) -> journeys.Draft:
    return journeys.Draft(**({"name": "Win-back", "rule": BUYERS, "channel": "email", "content_id": letter} | more))  # type: ignore[arg-type]


def made(ground: Ground, **more: object) -> int:
    with ground.db.tx() as conn:
        return journeys.make(ground, conn, draft(letter(ground, conn), **more))


def started(ground: Ground, **more: object) -> int:
    number = made(ground, **more)
    with ground.db.tx() as conn:
        journeys.start(ground, conn, number)
    return number


def enrol(ground: Ground) -> None:
    """Advance and judge until nothing moves."""
    while journeys.advance(ground) + gate.judge(ground):
        pass


def deliver(ground: Ground, limit: int = 1000, outcome: Callable[[gate.Permit], str] = lambda _: "sent") -> list[gate.Permit]:
    """Claim and settle up to `limit`; what was sent is a fact."""
    permits = gate.claim(ground, "email", limit, timedelta(minutes=5))
    now = ground.clock.now()
    results = {permit.intent_id: outcome(permit) for permit in permits}
    settlements = [gate.Settlement(p.intent_id, p.token, gate.Outcome(results[p.intent_id]), now) for p in permits]
    with ground.db.tx() as conn:
        gate.settle(ground, conn, settlements)
        receipts(ground, conn, [(p, results[p.intent_id]) for p in permits], now)
    return permits


def receipts(ground: Ground, conn: Connection, news: Iterable[tuple[gate.Permit, str]], at: datetime) -> None:
    """What became of messages, as facts."""
    facts = [
        Fact(
            f"message.{what}", f"{p.intent_id} {what}", at, object=str(p.intent_id), subject_id=p.person_id,
            data={"channel": "email", "origin": p.origin, "origin_id": p.origin_id},
        )
        for p, what in news
    ]  # fmt: skip
    pool.record(ground, conn, source(ground, conn), facts)
