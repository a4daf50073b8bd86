"""The ledger's stories: reading the log, taking back what an undone import had posted, restating under other terms, recording spend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from siyu import pool
from siyu.analytics.ledger import posting, store, terms
from siyu.analytics.ledger.refusing import refusal
from siyu.analytics.ledger.store import Q
from siyu.analytics.ledger.words import ProductCost, Spend
from siyu.base import settings
from siyu.base.cursor import START, Place, keep_place, take_place
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.pool import Fact, Recorded

READER = "analytics.ledger"
SOURCE = "ledger"


def post(ground: Ground, limit: int = 20_000) -> int:
    """One step: take back what undone imports had posted, restate when terms changed, read up to `limit` facts. 0 = up to date.

    One worker at a time; a second one gets 0 at once. The place is committed with the entries, so a fact is posted once whatever dies.
    """
    with ground.db.tx() as conn:
        place = take_place(conn, READER)
        if place is None:
            return 0
        now = ground.clock.now()
        did = _take_back(conn, now) + _restate(conn, place, now, limit)
        rows, after = store.read(conn, place, limit)
        if rows:
            brand = pool.brand(conn)
            store.write(conn, *posting.post(rows, terms.terms(conn), store.costs_of(conn, rows), brand.currency, brand.time_zone), now)
            keep_place(conn, READER, after)
        return did + len(rows)


def _take_back(conn: Connection, now: datetime) -> int:
    """Reverse what undone imports had posted; gives how many there were."""
    undone = [row[0] for row in conn.execute(Q.imports_undone)]
    for import_id in undone:
        conn.execute(Q.reverse_import, {"import_id": import_id, "now": now})
        conn.execute(Q.drop_touches, {"import_id": import_id})
        conn.execute(Q.mark_reversed, {"import_id": import_id, "now": now})
    return len(undone)


def _restate(conn: Connection, place: Place, now: datetime, limit: int) -> int:
    """Post anew what terms decide, when they were changed since it was posted: the old entries are reversed, never rewritten."""
    stand = terms.stand(conn)
    if stand == settings.get(conn, terms.POSTED, None):
        return 0
    conn.execute(Q.reverse_restated, {"whats": list(posting.RESTATED), "now": now})
    brand, held, at, done = pool.brand(conn), terms.terms(conn), START, 0
    while True:
        rows, at = store.read_again(conn, at, place, limit)
        if not rows:
            break
        entries, _ = posting.post(rows, held, store.costs_of(conn, rows), brand.currency, brand.time_zone)
        store.write(conn, [e for e in entries if e.what in posting.RESTATED], [], now)
        done += len(rows)
    settings.put(conn, terms.POSTED, stand, at=now)
    return done


def set_costs(ground: Ground, conn: Connection, costs: Sequence[ProductCost], *, lang: str = "") -> int:
    """Keep what products cost, each from a day on; the next step restates the goods sold. Gives how many are new or changed."""
    lang = lang or pool.brand(conn).language
    for n, one in enumerate(costs):
        if not one.sku or len(one.sku) > 200:
            raise refusal("no_sku", lang, f"costs[{n}].sku")
        if not 0 <= one.cost_minor < 10**12:
            raise refusal("cost", lang, f"costs[{n}].cost")
    changed = store.put_costs(conn, costs)
    if changed:
        terms.note_change(conn, at=ground.clock.now())
    return changed


def record_spend(ground: Ground, conn: Connection, spends: Iterable[Spend], *, lang: str = "") -> Recorded:
    """Record money spent to win people, as facts `spend.recorded`. The same spend with the same `ref` is recorded once.

    Raises `InputError` in `lang`, the brand's unless said (with `field` like `spends[2].to_on`), for a period that ends before it begins,
    is longer than a year, or begins in the future; for a spend that says nothing about what it was for; for an amount of nothing.
    """
    brand, now = pool.brand(conn), ground.clock.now()
    lang = lang or brand.language
    today = now.astimezone(ZoneInfo(brand.time_zone)).date()
    facts = []
    for n, given in enumerate(spends):
        one = replace(given, currency=given.currency or brand.currency, dims=posting.stated(given.dims._asdict()))
        where = f"spends[{n}]"
        if not one.amount_minor:
            raise refusal("nothing_spent", lang, f"{where}.amount")
        if one.to_on < one.from_on:
            raise refusal("backwards", lang, f"{where}.to_on")
        if (one.to_on - one.from_on).days >= posting.LONGEST_SPEND:
            raise refusal("too_long", lang, f"{where}.to_on")
        if one.from_on > today:
            raise refusal("ahead", lang, f"{where}.from_on")
        if not any(one.dims):
            raise refusal("nothing_named", lang, f"{where}.channel")
        said = {name: value for name, value in one.dims._asdict().items() if value}
        data = said | {"from_on": one.from_on.isoformat(), "to_on": one.to_on.isoformat()}
        data |= {name: value for name, value in (("note", one.note[:300]), ("ref", one.ref[:120])) if value}
        key = key_of("spend", *one.dims, one.from_on, one.to_on, one.amount_minor, one.currency, one.ref)
        at = datetime.combine(one.from_on, time(), ZoneInfo(brand.time_zone)).astimezone(UTC)
        facts.append(Fact("spend.recorded", str(key), at, amount_minor=one.amount_minor, currency=one.currency, data=data))
    source = pool.ensure_source(conn, SOURCE, "system", now=now, class_="first-party", purpose="spend")
    return pool.record(ground, conn, source, facts)
