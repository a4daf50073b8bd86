"""What people decide about identity, and taking back: cut, confirm, revoke, forget an import, make everything again, erase somebody.

All of them run under the pool's lock and leave folds, orders, consents, persons and profiles as if the facts that remain had come alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from psycopg.types.json import set_json_loads

from siyu.base import parked
from siyu.base.cursor import see_place, take_place
from siyu.base.db import Connection, queries
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.pool import brands, flow, folding, persons
from siyu.pool.folding import Row
from siyu.pool.people import current_person

Q = queries(__name__, "fold.sql")
U = queries(__name__, "undo.sql")

_PART = 20_000


def cut(ground: Ground, conn: Connection, a: int, b: int, *, by: str, why: str = "") -> int:
    """Keep two identifiers apart, whatever links them; gives the decision's number, by which it can be revoked."""
    return _decide(ground, conn, "cut", a, b, by, why)


def confirm(ground: Ground, conn: Connection, a: int, b: int, *, by: str, why: str = "") -> int:
    """Say that two identifiers are one person, also against the guard; gives the decision's number."""
    return _decide(ground, conn, "confirm", a, b, by, why)


def _decide(ground: Ground, conn: Connection, kind: str, a: int, b: int, by: str, why: str) -> int:
    if a == b:
        raise InputError("An identifier cannot be decided against itself.", "Name two identifiers.")
    conn.execute(Q.lock_pool)
    if len(current_person(conn, [a, b])) < 2:
        raise NotFoundError("One of the identifiers does not exist.", "Look them up on the person's page.")
    now = ground.clock.now()
    decision_id, changed = persons.decide(conn, kind, a, b, by=by, why=why, at=now)
    flow.write_profiles(conn, changed, brands.brand(conn), now, gone=changed)
    return decision_id


def revoke(ground: Ground, conn: Connection, decision_id: int, *, by: str) -> None:
    """Take a decision back: everything stands again as if it had never been made. Raises `NotFoundError`."""
    conn.execute(Q.lock_pool)
    now = ground.clock.now()
    changed = persons.revoke(conn, decision_id, by=by, at=now)
    if changed is None:
        raise NotFoundError("There is no such decision, or it was revoked before.", "Look at the person's decisions.")
    flow.write_profiles(conn, changed, brands.brand(conn), now, gone=changed)


def forget_import(ground: Ground, conn: Connection, import_id: int) -> int:
    """Take back every fact of an import, its links and what was folded from them; gives the number of facts.

    Identifiers keep their numbers (other things may point at them), so that importing again gives the same people.
    """
    if import_id <= 0:
        raise InputError("This is not an import.", "Give the number of an import.")
    conn.execute(Q.lock_pool)
    brand, now = brands.brand(conn), ground.clock.now()
    place = see_place(conn, flow.READER)
    at = {"import_id": import_id, "xid": str(place.xid), "seq": place.seq, "tz": brand.time_zone}
    touched = {row[0] for row in conn.execute(U.touched_by_import, at)}
    orders = conn.execute(U.orders_of_import, at).fetchall()
    conn.execute(U.subtract_days, at)
    conn.execute(U.drop_empty_days)
    conn.execute(U.subtract_sources, at)
    loosened = {number for pair in conn.execute(U.drop_links, at) for number in pair}
    conn.execute(U.drop_keys, at)
    count = conn.execute(U.drop_facts, at).rowcount
    holders = refold(conn, touched | loosened, [(source, number) for source, number in orders])
    changed = persons.regroup(conn, touched | loosened, now, {"import_undone": import_id}, were_links_removed=True)
    people = flow.people_of(conn, touched | loosened | holders) | changed
    flow.write_profiles(conn, people, brand, now, gone=people)
    return count


def refold(conn: Connection, identifiers: Iterable[int], orders: Iterable[tuple[int, str]]) -> set[int]:
    """Fold these identifiers and orders again from the facts that are left; gives the identifiers that hold or held the orders.

    An identifier's facts are those it is the subject of and those it came with; the latter are found through its links.
    """
    brand, place = brands.brand(conn), see_place(conn, flow.READER)
    at = {
        "xid": str(place.xid), "seq": place.seq, "tz": brand.time_zone, "with_data": sorted(folding.WITH_DATA),
    }  # fmt: skip
    wanted = sorted(set(identifiers))
    for start in range(0, len(wanted), _PART):
        part = set(wanted[start : start + _PART])
        partners = {row[0] for row in conn.execute(U.partners_of, {"ids": sorted(part)})}
        rows = _read(conn, Q.read_facts_of, at | {"subjects": sorted(part | partners)})
        total = folding.fold(rows, flow.kinds_of(conn, rows))
        conn.execute(Q.drop_folds, {"subjects": sorted(part)})
        conn.execute(Q.drop_consents, {"subjects": sorted(part)})
        conn.execute(Q.drop_scores, {"subjects": sorted(part)})
        total.folds = {number: one for number, one in total.folds.items() if number in part}
        total.consents = {key: said for key, said in total.consents.items() if key[0] in part}
        total.scores = {key: said for key, said in total.scores.items() if key[0] in part}
        if total.folds:
            flow.write_folds(conn, total.folds)
        conn.execute(Q.mark_reachable, {"ids": sorted(part)})
        flow.merge_consents(conn, total)
        flow.merge_scores(conn, total)
    numbers = list(orders)
    if not numbers:
        return set()
    pairs = {"sources": [source for source, _ in numbers], "numbers": [number for _, number in numbers]}
    holders = {row[0] for row in conn.execute(Q.drop_orders, pairs)}
    rows = _read(conn, Q.read_facts_about, at | pairs)
    return holders | flow.merge_orders(conn, folding.fold(rows, {}))


def _read(conn: Connection, query: str, ask: dict[str, object]) -> list[Row]:
    cursor = conn.cursor(binary=True)
    set_json_loads(flow.decode, cursor)
    return [Row(*row) for row in cursor.execute(query, ask)]


def rebuild(ground: Ground, *, progress: Callable[[int], None] | None = None) -> int:
    """Throw away everything that is made from facts and make it again; gives the number of facts. The answer is the same as before.

    Decisions, the log of identity and the identifiers stay. Until it ends, people are incomplete: let nothing be sent meanwhile.
    """
    with ground.db.tx() as conn:
        if take_place(conn, flow.READER) is None:
            raise InputError("The fold is running.", "Stop the workers, then try again.")
        conn.execute(Q.lock_pool)
        for query in (U.empty_folds, U.part_people, U.forget_counts):
            conn.execute(query)
        flow.start_over(conn)
        parked.release(conn, "pool", "fact")  # they are tried again
    done = 0
    while step := flow.fold(ground):
        done += step
        if progress:
            progress(done)
    with ground.db.tx() as conn:  # a decision may join identifiers that no link joins
        conn.execute(Q.lock_pool)
        decided = {number for pair in conn.execute(U.decided) for number in pair}
        now = ground.clock.now()
        changed = persons.regroup(conn, decided, now)
        flow.write_profiles(conn, changed, brands.brand(conn), now, gone=changed)
    return done


def erase(ground: Ground, conn: Connection, person_id: int, *, by: str) -> int:
    """Erase a person: keys, values, lookups, sealed data, traits and free properties go; amounts and counts stay, of nobody in particular.

    Whoever comes back under the same phone is a new person. Gives the number of identifiers erased. Raises `NotFoundError`.
    """
    conn.execute(Q.lock_pool)
    now = ground.clock.now()
    person = current_person(conn, [person_id]).get(person_id)
    if person is None:
        raise NotFoundError("There is no such person.", "Search again.")
    ids = [row[0] for row in conn.execute(U.members, {"person_id": person})]
    conn.execute(U.erase_identifiers, {"ids": ids, "lookups": [os.urandom(16) for _ in ids], "at": now})
    conn.execute(U.erase_facts, {"ids": ids})
    conn.execute(U.erase_orders, {"ids": ids})
    refold(conn, ids, [])
    conn.execute(U.log_erasure, {"person_id": person, "by": by, "n": len(ids), "at": now})
    flow.write_profiles(conn, [person], brands.brand(conn), now)
    return len(ids)
