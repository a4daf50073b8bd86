"""What others ask of segments: count, sample, members, explain; and keeping rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from siyu.base.db import Connection
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.pool import brand
from siyu.segments import describe as describing
from siyu.segments import explain as explaining
from siyu.segments import store
from siyu.segments.compile import Statement, each
from siyu.segments.errors import RuleError, TooSlowError
from siyu.segments.naive import Reading
from siyu.segments.resolve import mentioned, resolve, types, written_out
from siyu.segments.store import Q
from siyu.segments.words import (
    All,
    AnyOf,
    Compiled,
    ConditionCount,
    Counted,
    Explained,
    Kept,
    Member,
    Node,
    Not,
    Rule,
    RulePreview,
    SegmentId,
)

PAGE_SECONDS = 3.0  # how long a page waits for a number
_BATCH = 5_000
_SAMPLE = ("person_id", "name_shown", "stage", "orders_n", "spent_minor", "last_order_at", "last_seen_at")
_LONGEST_NAME = 80


def others_of(conn: Connection, rule: Rule, me: SegmentId | None = None) -> dict[SegmentId, Rule]:
    """The rules of the segments that `rule` leads to. Raises `RuleError` for circles and for segments that do not exist."""
    return resolve(rule, lambda ids: {number: found for number, (_, found) in store.rules_of(conn, ids).items()}, me)


def names_of(conn: Connection, rule: Rule) -> dict[SegmentId, str]:
    """The names of the segments that a rule mentions."""
    return {number: name for number, (name, _) in store.rules_of(conn, mentioned(rule)).items()}


def frozen(conn: Connection, rule: Rule) -> Rule:
    """The rule with the segments it mentions written out, so that it means the same whatever becomes of them."""
    return written_out(rule, others_of(conn, rule))


def _statement(ground: Ground, conn: Connection, rule: Rule) -> Statement:
    return Statement(rule, now=ground.clock.now(), brand=brand(conn), others=others_of(conn, rule))


def _rows(conn: Connection, compiled: Compiled) -> list[tuple[Any, ...]]:
    # never prepared: the planner must see today's moments to leave months out
    return conn.execute(compiled.sql, compiled.params, prepare=False).fetchall()


@contextmanager
def _limited(conn: Connection, seconds: float | None) -> Iterator[None]:
    """Stop a statement after so many seconds with `TooSlowError`, leaving the caller's transaction in order."""
    if seconds is None:
        yield
        return
    try:
        with conn.transaction():
            row = conn.execute(Q.time_limit, {"limit": str(max(1, int(seconds * 1000)))}).fetchone()
            yield
            conn.execute(Q.time_limit, {"limit": row[0] if row else "0"})
    except psycopg.errors.QueryCanceled:
        raise TooSlowError(seconds) from None


def count(ground: Ground, conn: Connection, rule: Rule, *, seconds: float | None = None) -> int:
    """How many people satisfy the rule now. With `seconds`, raises `TooSlowError` when it takes longer."""
    with _limited(conn, seconds):
        return int(_rows(conn, _statement(ground, conn, rule).count())[0][0])


def sample(ground: Ground, conn: Connection, rule: Rule, limit: int = 5, *, seconds: float | None = None) -> list[Member]:
    """Some of the members: those seen most lately."""
    with _limited(conn, seconds):
        return [Member(*row) for row in _rows(conn, _statement(ground, conn, rule).sample(_SAMPLE, limit))]


def members_page(
    ground: Ground, conn: Connection, rule: Rule, *, after: int = 0, limit: int = 50, seconds: float | None = None
) -> list[Member]:  # fmt: skip
    """The next members behind person `after`, in the order of their numbers. With `seconds`, may raise `TooSlowError`."""
    with _limited(conn, seconds):
        people = [row[0] for row in _rows(conn, _statement(ground, conn, rule).page(after, limit))]
    return rows_of(conn, people)


def members(ground: Ground, conn: Connection, rule: Rule, *, batch: int = _BATCH) -> Iterator[list[int]]:
    """All members in the order of their numbers, in batches, from a cursor on the server: memory stays small however many they are.

    The transaction must stay open while the batches are read.
    """
    compiled = _statement(ground, conn, rule).ordered()
    with conn.cursor(name=f"members_{id(compiled)}") as cursor:
        cursor.itersize = batch
        cursor.execute(compiled.sql, compiled.params)
        while rows := cursor.fetchmany(batch):
            yield [row[0] for row in rows]


def has(ground: Ground, conn: Connection, rule: Rule, person_id: int) -> bool:
    """Whether one person satisfies the rule now."""
    return explain(ground, conn, rule, person_id, "zh").is_in


def preview(ground: Ground, conn: Connection, rule: Rule, *, limit: int = 5, seconds: float = PAGE_SECONDS) -> RulePreview:
    """What a builder shows beside a rule: the number, the stages and a few people. Never takes much longer than `seconds`."""
    statement = _statement(ground, conn, rule)
    everybody = int(_rows(conn, Compiled(Q.people_n, {}))[0][0])
    try:
        with _limited(conn, seconds):
            rows = _rows(conn, statement.overview(limit))
    except TooSlowError:
        return RulePreview(Counted(None, everybody), everybody, (), ())
    stages = sorted(((str(stage), int(n)) for stage, n, person in rows if person is None), key=lambda one: -one[1])
    people = rows_of(conn, [person for _, _, person in rows if person is not None])
    n = sum(n for _, n in stages)
    return RulePreview(Counted(n, n), everybody, tuple(stages), tuple(people))


def rows_of(conn: Connection, people: Sequence[int]) -> list[Member]:
    """People as a list shows them, in the order given."""
    found = {row[0]: Member(*row) for row in conn.execute(Q.see_members, {"people": list(people)})}
    return [found[person] for person in people if person in found]


def count_each(ground: Ground, conn: Connection, rule: Rule, *, seconds: float = PAGE_SECONDS) -> list[ConditionCount]:
    """For every condition and group of the rule, how many people it holds for by itself; None where that took too long."""
    places = list(_places(rule.where, "where"))
    others, now, the = others_of(conn, rule), ground.clock.now(), brand(conn)
    try:
        with _limited(conn, seconds):
            row = _rows(conn, each([node for _, node in places], now=now, brand=the, others=others))[0]
    except TooSlowError:
        return [ConditionCount(path, None) for path, _ in places]
    return [ConditionCount(path, int(n)) for (path, _), n in zip(places, row, strict=True)]


def _places(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    yield path, node
    match node:
        case Not():
            yield from _places(node.of, f"{path}.not")
        case All() | AnyOf():
            key = "all" if isinstance(node, All) else "any"
            for index, inner in enumerate(node.of):
                yield from _places(inner, f"{path}.{key}[{index}]")
        case _:
            pass


def explain(ground: Ground, conn: Connection, rule: Rule, person_id: int, lang: str = "zh") -> Explained:
    """Why a person is in, or not, in sentences of `lang`. An old `person_id` stands for today's person. Raises `NotFoundError`."""
    row = conn.execute(Q.person_of, {"person_id": person_id}).fetchone()
    person = row[0] if row else person_id
    others = others_of(conn, rule)
    found = store.evidence(conn, [person], types([rule, *others.values()])).get(person)
    if found is None:
        raise NotFoundError("There is no such person, or nothing is known of them yet.", "Search for them on the customers page.")
    reading = Reading(ground.clock.now(), brand(conn), others)
    return explaining.explain(rule, found, reading, lang, names_of(conn, rule))


def describe(conn: Connection, rule: Rule, lang: str = "zh") -> str:
    """The rule in a sentence of `lang`."""
    return describing.describe(rule, lang, brand=brand(conn), names=names_of(conn, rule))


def keep(
    conn: Connection, name: str, rule: Rule, *, at: datetime, about: str = "", by: str = "", segment_id: SegmentId | None = None
) -> SegmentId:
    """Save a rule as a new segment, or change the segment `segment_id`. `at` is now.

    Raises `RuleError` when the name is empty or taken, or when segments would refer to each other in a circle; `NotFoundError`.
    """
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME:
        raise RuleError("no_name", "name", name)
    conn.execute(Q.lock_segments)  # one at a time: two changes could close a circle together
    others_of(conn, rule, segment_id)
    if segment_id is None:
        made = store.insert(conn, name, about, rule, by, at)
        if made is None:
            raise RuleError("name_taken", "name", None, name=name)
        return made
    if conn.execute(Q.name_taken, {"name": name, "segment_id": segment_id}).fetchone():
        raise RuleError("name_taken", "name", None, name=name)
    if not store.update(conn, segment_id, name, about, rule, at):
        raise _no_segment()
    return segment_id


def kept(conn: Connection, segment_id: int) -> Kept:
    """One saved segment, an archived one too. Raises `NotFoundError`."""
    found = store.see(conn, segment_id)
    if found is None:
        raise _no_segment()
    return found


def all_kept(conn: Connection, *, archived_too: bool = False) -> list[Kept]:
    """All saved segments, lately changed ones first."""
    return store.all_kept(conn, archived_too)


def archive(conn: Connection, segment_id: int, *, at: datetime) -> None:
    """Put a segment away. Raises `RuleError` while another one refers to it, `NotFoundError`."""
    conn.execute(Q.lock_segments)
    mine = kept(conn, segment_id)
    users = [one.name for one in all_kept(conn) if mine.segment_id in mentioned(one.rule)]
    if users:
        raise RuleError("in_use", "", None, name=mine.name, users=", ".join(users))
    if conn.execute(Q.archive_segment, {"segment_id": segment_id, "at": at}).rowcount == 0:
        raise _no_segment()


def recount(ground: Ground, conn: Connection, segment_id: int, *, seconds: float | None = None) -> int:
    """Count a saved segment and remember the number with its moment."""
    n = count(ground, conn, kept(conn, segment_id).rule, seconds=seconds)
    conn.execute(Q.note_count, {"segment_id": segment_id, "n": n, "at": ground.clock.now()})
    return n


def _no_segment() -> NotFoundError:
    return NotFoundError("There is no such segment.", "Choose one from the list of segments.")


def known(conn: Connection) -> Mapping[str, list[str]]:
    """What a builder can propose: names of tags, traits, scores and fact types that there are."""
    lists = {"tags": Q.known_tags, "traits": Q.known_traits, "scores": Q.known_scores, "types": Q.known_types}
    return {name: [row[0] for row in conn.execute(sql)] for name, sql in lists.items()}


def known_sources(conn: Connection) -> list[str]:
    """The names of the sources that there are."""
    return [row[0] for row in conn.execute(Q.known_sources)]
