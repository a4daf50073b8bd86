"""A small world for the gate's tests: people made straight in the pool's tables, intents, and a look at what was claimed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from siyu import gate
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.ids import key_of

_numbers = itertools.count(1)
LEASE = timedelta(minutes=5)


def people(
    conn: Connection, n: int = 1, *, kind: str = "email", consent: str | None = "*", channel: str = "*", at: str = "2020-01-01Z"
) -> list[int]:
    """New people with one identifier each; `consent` is the purpose they agreed to on `channel` (None = they never did)."""
    ids = [
        row[0]
        for row in conn.execute(
            """
            with wanted as (select nextval(pg_get_serial_sequence('identifiers', 'identifier_id')) as id from generate_series(1, %s))
            insert into identifiers (identifier_id, person_id, kind, lookup, sealed, key_wrapped, mask)
            overriding system value select id, id, %s, int8send(id), 'x', 'x', '***' from wanted returning identifier_id
            """,
            [n, kind],
        )
    ]
    if consent is not None:
        say(conn, ids, True, channel=channel, purpose=consent, at=at)
    return ids


def say(conn: Connection, ids: Sequence[int], is_given: bool, *, channel: str = "*", purpose: str = "*", at: Any = "2020-01-01Z") -> None:
    """Put a folded consent (or its withdrawal) in place."""
    conn.execute(
        """
        insert into consents (subject, channel, purpose, is_given, decided_at, fact_key)
        select id, %s, %s, %s, %s, gen_random_uuid() from unnest(%s::bigint[]) as id
        on conflict (subject, channel, purpose) do update set is_given = excluded.is_given, decided_at = excluded.decided_at
        """,
        [channel, purpose, is_given, at, list(ids)],
    )


def merge(conn: Connection, *ids: int) -> int:
    """These identifiers are one person from now on."""
    conn.execute("update identifiers set person_id = %s where person_id = any(%s)", [min(ids), list(ids)])
    return min(ids)


def intent(ground: Ground, person_id: int, **other: Any) -> gate.Intent:
    """A marketing e-mail, asked now and good for three days, unless said otherwise."""
    now = ground.clock.now()
    number = next(_numbers)
    values: dict[str, Any] = {
        "key": key_of("test", number),
        "person_id": person_id,
        "channel": "email",
        "purpose": "marketing",
        "origin": "api",
        "origin_id": number,  # a wish of its own, so that nothing is said twice unless the test means it
        "content_id": 1,
        "content_version": 1,
        "not_before": now,
        "expires_at": now + timedelta(days=3),
    }
    return gate.Intent(**(values | other))


def ask(ground: Ground, *intents: gate.Intent) -> int:
    """Ask in a transaction of its own."""
    with ground.db.tx() as conn:
        return gate.ask(ground, conn, intents)


def judged(ground: Ground, *intents: gate.Intent) -> list[str]:
    """Ask, judge, and give each intent's first answer, in order; `code+` when it waits."""
    ask(ground, *intents)
    while gate.judge(ground):
        pass
    return answers(ground, [one.key for one in intents])


def answers(ground: Ground, keys: Sequence[UUID], step: str = "ask") -> list[str]:
    """The answers of one step by key; the last one where there are several, '' where there is none."""
    with ground.db.tx() as conn:
        rows = conn.execute(
            """
            select i.key, v.code, v.waits from intents i join verdicts v using (intent_id)
            where i.key = any(%s) and v.step = %s order by v.judged_at
            """,
            [list(keys), step],
        ).fetchall()
    found = {key: code + ("+" if waits else "") for key, code, waits in rows}
    return [found.get(key, "") for key in keys]


def states(ground: Ground, keys: Sequence[UUID]) -> list[str]:
    """The state of each intent's permit; '' where there is none."""
    with ground.db.tx() as conn:
        rows = conn.execute("select i.key, p.state from intents i join permits p using (intent_id) where i.key = any(%s)", [list(keys)])
        found = dict(rows.fetchall())
    return [found.get(key, "") for key in keys]


def claim(ground: Ground, channel: str = "email", limit: int = 100, lease_for: timedelta = LEASE) -> list[gate.Permit]:
    """Claim."""
    return gate.claim(ground, channel, limit, lease_for)


def settle(ground: Ground, permit: gate.Permit, outcome: str = "sent", at: datetime | None = None) -> bool:
    """Settle in a transaction of its own."""
    with ground.db.tx() as conn:
        return not gate.settle(
            ground, conn, [gate.Settlement(permit.intent_id, permit.token, gate.Outcome(outcome), at or ground.clock.now())]
        )


def set_rules(ground: Ground, **rules: Any) -> None:
    """Set rules by their setting names."""
    with ground.db.tx() as conn:
        for name, value in rules.items():
            gate.set_rule(conn, name, value, at=ground.clock.now())
