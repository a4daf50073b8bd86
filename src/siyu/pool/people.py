"""Reading people: who is behind an identifier, search, lists, the 360 page, the timeline. Everything is masked unless it says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import class_row

from siyu.base.db import Connection, queries
from siyu.base.errors import InputError, NotFoundError
from siyu.base.ground import Ground
from siyu.pool import brands, normal, stages
from siyu.pool.recording import name_lookup
from siyu.pool.words import (
    ORDER,
    WEAK,
    Hit,
    Identifier,
    Kind,
    LogEntry,
    Moment,
    Page,
    Person,
    PersonRow,
    SeenConflict,
    SeenConsent,
    SeenDecision,
    SeenIdentifier,
    SeenLink,
    SeenOrder,
    SeenScore,
    Stage,
    StageChange,
)

Q = queries(__name__, "people.sql")

SORTS = ("last_seen", "last_order", "spent")
_COUNTED = 10_000
_AT_THE_END = datetime(9999, 1, 1, tzinfo=UTC)


def current_person(conn: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Today's person of old person (or identifier) numbers; numbers that were never given are left out."""
    return {row[0]: row[1] for row in conn.execute(Q.current_person, {"ids": list(ids)})}


def person_of(ground: Ground, conn: Connection, identifier: Identifier) -> int | None:
    """Today's person behind an identifier in normal form, or None when it was never seen."""
    lookup = ground.vault.lookup(identifier.kind, identifier.scope, identifier.value)
    row = conn.execute(Q.person_of, {"kind": str(identifier.kind), "scope": identifier.scope, "lookup": lookup}).fetchone()
    return None if row is None else int(row[0])


def find(ground: Ground, conn: Connection, text: str, limit: int = 20) -> list[Hit]:
    """People by anything somebody may type: a phone in any writing, an e-mail, any id in full, an exact name, an order or person number.

    Matches are exact: personal data can only be looked up by its keyed hash.
    """
    text = normal.written(text)
    if not text:
        return []
    region = brands.brand(conn).region
    wanted: list[Identifier] = []
    for kind, scope in conn.execute(Q.scopes):
        identifier = normal.identifier(Kind(kind), text, scope, region=region)
        if identifier is not None:
            wanted.append(identifier)
    found: list[tuple[int, str, str]] = []
    if wanted:
        found += conn.execute(
            Q.people_by_lookups,
            {
                "kinds": [str(i.kind) for i in wanted],
                "scopes": [i.scope for i in wanted],
                "lookups": [ground.vault.lookup(i.kind, i.scope, i.value) for i in wanted],
                "limit": limit,
            },
        ).fetchall()
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        found += conn.execute(Q.people_by_number, {"number": int(number)}).fetchall()
    found += conn.execute(Q.people_by_order, {"numbers": list({text, text.upper()}), "limit": limit}).fetchall()
    found += conn.execute(Q.people_by_name, {"lookup": name_lookup(ground.vault, text), "limit": limit}).fetchall()
    rows = {row.person_id: row for row in rows_of(conn, [person for person, *_ in found])}
    hits: dict[int, Hit] = {}
    for person, by, shown in found:
        row = rows.get(person)
        hits.setdefault(person, Hit(person, row.name_shown if row else "", row.stage if row else "", by, shown))
    return list(hits.values())[:limit]


def rows_of(conn: Connection, person_ids: Sequence[int]) -> list[PersonRow]:
    """These people as lines of a list, in the order asked for; those without a profile are left out."""
    kept = {row[0]: row for row in conn.execute(Q.rows_of, {"ids": list(person_ids)})}
    return _rows(conn, [kept[number] for number in person_ids if number in kept])


def list_people(
    conn: Connection,
    *,
    stage: str | None = None,
    tag: str | None = None,
    is_known: bool | None = True,
    sort: str = "last_seen",
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """A page of people, by key and not by offset: the thousandth page is as fast as the first.

    `is_known` True leaves out visitors of whom only a browser is known. Visitors and leads, who have no orders, always come by
    `last_seen`. `after` is the `after` of the page before. More than 10,000 are not counted. Raises `InputError`.
    """
    if sort not in SORTS:
        raise InputError("People cannot be sorted by this.", f"Use one of {', '.join(SORTS)}.", field="sort")
    if stage in (Stage.VISITOR, Stage.LEAD):
        sort = "last_seen"
    wanted = {"stage": stage, "tag": tag, "is_known": is_known}
    value, person_id = _place(after, sort)
    found = conn.execute(
        Q.texts[f"list_by_{sort}"], wanted | {"value": value, "person_id": person_id, "limit": limit + 1}
    ).fetchall()  # fmt: skip
    total = None
    if after is None:
        row = conn.execute(Q.count_people, wanted | {"most": _COUNTED + 1}).fetchone()
        total = row[0] if row and row[0] <= _COUNTED else None
    rows = _rows(conn, found[:limit])
    more = None
    if len(found) > limit:
        last = rows[-1]
        key = {"last_seen": last.last_seen_at, "last_order": last.last_order_at, "spent": last.spent_minor}[sort]
        more = f"{key.isoformat() if isinstance(key, datetime) else key}~{last.person_id}"
    return Page(tuple(rows), more, total)


def _place(after: str | None, sort: str) -> tuple[datetime | int | None, int]:
    if after is None:
        return None, 0
    try:
        text, _, number = after.partition("~")
        return (int(text) if sort == "spent" else datetime.fromisoformat(text)), int(number)
    except ValueError:
        raise InputError("The page mark cannot be read.", "Begin with the first page.", field="after") from None


def _rows(conn: Connection, found: Sequence[tuple[Any, ...]]) -> list[PersonRow]:
    names: dict[int, list[tuple[str, str]]] = {}
    for person, kind, mask in conn.execute(Q.masks_of, {"ids": [row[0] for row in found]}):
        names.setdefault(person, []).append((kind, mask))
    return [
        PersonRow(person, known, stage, name, tuple(tags), n, spent, refunded, first, last, bought, _strongest_first(names.get(person, [])))
        for person, known, stage, name, tags, n, spent, refunded, first, last, bought in found
    ]


def _strongest_first(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs, key=lambda pair: ORDER[Kind(pair[0])]))


def see(ground: Ground, conn: Connection, person_id: int) -> Person:
    """Everything about one person, masked. An old number gives the person of today. Raises `NotFoundError`."""
    person_id = current_person(conn, [person_id]).get(person_id, 0)
    ask = {"person_id": person_id}
    identifiers = conn.cursor(row_factory=class_row(SeenIdentifier)).execute(Q.identifiers_of, ask).fetchall()
    if not identifiers:
        raise NotFoundError("There is no such person.", "Search again by phone, e-mail, id, name or order number.")
    ids = [i.identifier_id for i in identifiers]
    profile = conn.execute(Q.profile, ask).fetchone() or (None, {}, 0, None, {})
    rows = rows_of(conn, [person_id]) or [_bare(conn, person_id)]
    masks = conn.execute(Q.personal_masks, ask).fetchall()
    return Person(
        row=rows[0],
        stage_at=profile[0],
        traits=profile[1],
        personal={name: mask for name, mask in masks if mask},
        facts_n=profile[2],
        first_order_at=profile[3],
        other_money={currency: (paid, refunded) for currency, (paid, refunded) in profile[4].items()},
        identifiers=tuple(sorted(identifiers, key=lambda i: (ORDER[Kind(i.kind)], i.identifier_id))),
        links=tuple(conn.cursor(row_factory=class_row(SeenLink)).execute(Q.links_of, {"ids": ids})),
        decisions=tuple(conn.cursor(row_factory=class_row(SeenDecision)).execute(Q.decisions_of, {"ids": ids})),
        conflicts=tuple(conn.cursor(row_factory=class_row(SeenConflict)).execute(Q.conflicts_of, {"ids": ids, "limit": 100, "offset": 0})),
        consents=tuple(conn.cursor(row_factory=class_row(SeenConsent)).execute(Q.consents_of, ask)),
        orders=tuple(conn.cursor(row_factory=class_row(SeenOrder)).execute(Q.orders_of, ask | {"limit": 200})),
        stages=tuple(_stages(ground, conn, person_id, identifiers)),
        log=tuple(conn.cursor(row_factory=class_row(LogEntry)).execute(Q.log_of, {"ids": ids})),
    )


def _bare(conn: Connection, person_id: int) -> PersonRow:
    """Somebody of whom there is a name but no fact (all were taken back)."""
    return _rows(conn, [(person_id, False, "", "", [], 0, 0, 0, None, None, None)])[0]


def _stages(ground: Ground, conn: Connection, person_id: int, identifiers: Sequence[SeenIdentifier]) -> list[StageChange]:
    seen = [i.first_at for i in identifiers if i.first_at]
    if not seen:
        return []
    known = [i.first_at for i in identifiers if i.first_at and Kind(i.kind) not in WEAK]
    orders = conn.execute(Q.paid_orders_of, {"person_id": person_id, "currency": brands.brand(conn).currency}).fetchall()
    return stages.history(min(seen), min(known, default=None), orders, stages.rules(conn), ground.clock.now())


def timeline(ground: Ground, conn: Connection, person_id: int, before: tuple[datetime, int] | None = None, limit: int = 50) -> list[Moment]:
    """What happened to a person, newest first. `before` is the `place` of the last moment of the page before."""
    person_id = current_person(conn, [person_id]).get(person_id, 0)
    at, seq = before or (_AT_THE_END, 0)
    cursor = conn.cursor(row_factory=class_row(Moment))
    return cursor.execute(Q.timeline, {"person_id": person_id, "at": at, "seq": seq, "limit": limit}).fetchall()


def scores_of(conn: Connection, person_id: int) -> list[SeenScore]:
    """The newest score of each name among a person's identifiers, by name. `person_id` is today's."""
    return conn.cursor(row_factory=class_row(SeenScore)).execute(Q.scores_of, {"person_id": person_id}).fetchall()


def conflicts(conn: Connection, *, limit: int = 50, offset: int = 0) -> list[SeenConflict]:
    """The conflicts that wait for somebody to decide (`confirm` or `cut`), newest first."""
    ask = {"ids": None, "limit": limit, "offset": offset}
    return conn.cursor(row_factory=class_row(SeenConflict)).execute(Q.conflicts_of, ask).fetchall()


def count_conflicts(conn: Connection) -> int:
    """How many conflicts wait."""
    row = conn.execute(Q.count_conflicts).fetchone()
    return int(row[0]) if row else 0
