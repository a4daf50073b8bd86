"""The pool's stories that keep a transaction of their own: the fold, the passing of time, making everything again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Json, set_json_loads

from siyu.base import parked, settings
from siyu.base.cursor import START, Place, keep_place, take_place
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.pool import brands, folding, persons, stages
from siyu.pool.folding import Folded, Row, Sum
from siyu.pool.store import array
from siyu.pool.words import WEAK, Brand, Kind

Q = queries(__name__, "fold.sql")
READER = "pool.fold"
_RULES_CHANGED = "pool.stages.judged_up_to"  # setting: whom the new rules have reached

log = logging.getLogger(__name__)

_POISON = (psycopg.DataError, ValueError, TypeError, AttributeError)  # of one fact; anything else is of the whole step
decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def fold(ground: Ground, limit: int = 20_000) -> int:
    """One step of the fold: read up to `limit` facts, add them up, make the profiles they touch. The number read; 0 = up to date.

    One worker at a time; a second one gets 0 at once. A fact that cannot be folded is parked and shown; it holds up nobody.
    """
    while True:
        try:
            return ground.db.again(lambda conn: _fold(ground, conn, limit))  # noqa: B023  done before `limit` changes
        except _POISON as err:
            if limit > 1:
                limit //= 2  # until the poisonous fact stands alone
                continue
            log.warning("a fact cannot be folded", extra={"error": type(err).__name__})
            with ground.db.tx() as conn:
                return _park(conn, brands.brand(conn), type(err).__name__)


def _fold(ground: Ground, conn: Connection, limit: int) -> int:
    place = take_place(conn, READER)
    if place is None:
        return 0
    conn.execute(Q.lock_pool)
    brand = brands.brand(conn)
    found = _read(conn, place, brand, limit)
    if not found:
        return 0
    now = ground.clock.now()
    rows = [Row(*row[:13]) for row in found]
    total = folding.fold(rows, kinds_of(conn, rows))
    touched = _merge(conn, total)
    changed = persons.regroup(conn, persons.note_links(conn, total.links), now)
    write_profiles(conn, people_of(conn, touched) | changed, brand, now, gone=changed)
    _touch_sources(conn, found)
    keep_place(conn, READER, Place(int(found[-1][14]), found[-1][15]))
    return len(found)


def _read(conn: Connection, place: Place, brand: Brand, limit: int) -> list[tuple[Any, ...]]:
    cursor = conn.cursor(binary=True)
    set_json_loads(decode, cursor)
    return cursor.execute(
        Q.read_facts,
        {"xid": str(place.xid), "seq": place.seq, "limit": limit, "tz": brand.time_zone, "with_data": sorted(folding.WITH_DATA)},
    ).fetchall()


def _park(conn: Connection, brand: Brand, why: str) -> int:
    """Step over the next fact, which cannot be folded, and put it aside."""
    place = take_place(conn, READER)
    found = [] if place is None else _read(conn, place, brand, 1)
    for row in found:
        parked.park(conn, "pool", "fact", str(row[0]), why)
        keep_place(conn, READER, Place(int(row[14]), row[15]))
    return len(found)


def restage(ground: Ground, limit: int = 5_000) -> int:
    """Move people on whose stage changes by time alone (drifting, lost), or by new rules. The number looked at; 0 = nobody is due."""
    with ground.db.tx() as conn:
        now = ground.clock.now()
        conn.execute(Q.lock_pool)
        people = _under_new_rules(conn, limit, now) or [row[0] for row in conn.execute(Q.due_profiles, {"now": now, "limit": limit})]
        write_profiles(conn, people, brands.brand(conn), now)
        return len(people)


def _under_new_rules(conn: Connection, limit: int, now: datetime) -> list[int]:
    """The next people to judge by rules that were changed; they are walked through once, by number."""
    after = settings.get(conn, _RULES_CHANGED, None)
    if after is None:
        return []
    people = [row[0] for row in conn.execute(Q.profiles_after, {"after": after, "limit": limit})]
    if people:
        settings.put(conn, _RULES_CHANGED, people[-1], at=now)
    else:
        settings.drop(conn, _RULES_CHANGED)
    return people


def set_stage_rules(ground: Ground, conn: Connection, rules: stages.Rules) -> None:
    """Keep new stage rules; `restage` then judges everybody again, batch by batch."""
    now = ground.clock.now()
    settings.put(conn, stages.SETTING, asdict(rules), at=now)
    settings.put(conn, _RULES_CHANGED, 0, at=now)


def write_profiles(conn: Connection, people: Iterable[int], brand: Brand, now: datetime, *, gone: Iterable[int] = ()) -> None:
    """Make these people's profiles again from what is folded. Those among `gone` without identifiers or facts lose theirs."""
    numbers = sorted(people)
    if not numbers:
        return
    rules = stages.rules(conn)
    lost = sorted(gone)
    if lost:
        conn.execute(Q.drop_profiles, {"people": array(lost)})
    conn.execute(
        Q.write_profiles,
        {
            "people": array(numbers), "weak": sorted(WEAK), "currency": brand.currency, "now": now,
            "repeat_orders": rules.repeat_orders, "vip_orders": rules.vip_orders, "vip_minor": rules.vip_minor,
            "drifting_for": rules.drifting_for, "lost_for": rules.lost_for,
        },
    )  # fmt: skip


def people_of(conn: Connection, identifiers: Iterable[int]) -> set[int]:
    """Today's persons of some identifiers."""
    return {row[0] for row in conn.execute(Q.persons_of, {"ids": array(identifiers)})}


def kinds_of(conn: Connection, rows: Iterable[Row]) -> Mapping[int, Kind]:
    """The kinds of the identifiers that bounces and complaints among these facts are about."""
    wanted = {
        number
        for row in rows
        if row.type in ("message.bounced", "message.complained")
        for number in (row.subject, *(row.others or ()))
        if number is not None
    }
    return {row[0]: Kind(row[1]) for row in conn.execute(Q.kinds_of, {"ids": array(wanted)})} if wanted else {}


def _merge(conn: Connection, total: Sum) -> set[int]:
    """Merge a sum into what is kept; gives the identifiers it touched."""
    touched = set(total.folds)
    if total.folds:
        cursor = conn.cursor(binary=True)
        set_json_loads(decode, cursor)
        for kept in cursor.execute(Q.read_folds, {"subjects": array(total.folds)}).fetchall():
            total.folds[kept[0]].merge(Folded(kept[1], kept[2], kept[3], kept[4] or {}, kept[5] or {}, kept[6], kept[7]))
        write_folds(conn, total.folds)
    touched |= merge_orders(conn, total)
    merge_consents(conn, total)
    merge_scores(conn, total)
    merge_days(conn, total)
    return touched


def write_folds(conn: Connection, folds: Mapping[int, Folded]) -> None:
    """Write whole folds, in one order for everybody."""
    rows = [{"subject": subject, **vars(folds[subject])} for subject in sorted(folds)]
    conn.execute(Q.write_folds, {"rows": Json(rows, dumps=_encode)})
    bounced = [subject for subject, one in folds.items() if one.bounced]
    if bounced:
        conn.execute(Q.mark_unreachable, {"ids": array(bounced)})


def merge_orders(conn: Connection, total: Sum) -> set[int]:
    """Add to the orders; gives the identifiers that held or hold them."""
    rows = [
        {"source_id": source, "order_no": number, "currency": currency, **vars(order)}
        for (source, number, currency), order in sorted(total.orders.items())
    ]
    if not rows:
        return set()
    moved = conn.execute(Q.merge_orders, {"rows": Json(rows, dumps=_encode)})
    return {subject for pair in moved for subject in pair if subject is not None}


def merge_consents(conn: Connection, total: Sum) -> None:
    """Let later statements replace earlier ones."""
    rows = [
        {"subject": s, "channel": c, "purpose": p, "decided_at": at, "fact_key": key, "is_given": given, "evidence": evidence}
        for (s, c, p), (at, key, given, evidence) in sorted(total.consents.items())
    ]
    if rows:
        conn.execute(Q.merge_consents, {"rows": Json(rows, dumps=_encode)})


def merge_scores(conn: Connection, total: Sum) -> None:
    """Let newer scores replace older ones of their name."""
    rows = [
        {"subject": s, "name": name, "as_of": at, "fact_key": key, "value": value, "word": word, "currency": currency}
        for (s, name), (at, key, value, word, currency) in sorted(total.scores.items())
    ]
    if rows:
        conn.execute(Q.merge_scores, {"rows": Json(rows, dumps=_encode)})


def merge_days(conn: Connection, total: Sum) -> None:
    """Add to the totals of trade."""
    rows: list[dict[str, Any]] = [
        {"source_id": s, "on_date": day, "type": t, "is_identified": known, "currency": c, "lines_n": n, "amount_minor": amount}
        for (s, day, t, known, c), (n, amount) in total.days.items()
    ]
    if rows:
        conn.execute(Q.merge_days, {"rows": Json(rows, dumps=_encode)})


def _touch_sources(conn: Connection, found: Iterable[tuple[Any, ...]]) -> None:
    seen: dict[int, tuple[datetime, int, int]] = {}
    for row in found:
        source, is_known, at = row[1], row[4] is not None, row[13]
        last, count, known = seen.get(source, (at, 0, 0))
        seen[source] = (max(last, at), count + 1, known + is_known)
    ids = sorted(seen)
    conn.execute(
        Q.touch_sources,
        {"ids": ids, "ats": [seen[i][0] for i in ids], "ns": [seen[i][1] for i in ids], "knowns": [seen[i][2] for i in ids]},
    )


def start_over(conn: Connection) -> None:
    """Put the fold's place back to the beginning of the log."""
    keep_place(conn, READER, START)
