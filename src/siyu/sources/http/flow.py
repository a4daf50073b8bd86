"""The story of the HTTP source: loads of one or many requests go in by one transaction, and are answered after it has committed."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from datetime import date, datetime

import psycopg
from msgspec.structs import replace

from siyu.base import settings
from siyu.base.db import Connection
from siyu.base.errors import InputError
from siyu.base.ground import Ground
from siyu.pool import Fact, Kind, brand, ensure_source, record, renew_write_key
from siyu.sources import mini
from siyu.sources.http import store
from siyu.sources.http.people import identifier, is_like_anonymous
from siyu.sources.http.words import (
    MOST_BYTES,
    SETTING_BATCH_BYTES,
    SETTING_EVENT_BYTES,
    HttpSource,
    Limits,
    Load,
    PutAside,
    Refusal,
    Reject,
    Stored,
    Taken,
)

log = logging.getLogger(__name__)

_REFUSALS = (InputError, psycopg.DataError, psycopg.IntegrityError)


class _AllOrNothing(Exception):
    """A strict load met something that cannot be taken; its transaction is given up."""

    def __init__(self, rejects: list[Reject]) -> None:
        super().__init__()
        self.rejects = rejects


def make_source(conn: Connection, name: str, *, now: datetime, currency: str = "", owner: str = "", purpose: str = "") -> tuple[int, str]:
    """Make an HTTP source; gives its number and its write key, which is shown this once: only its SHA-256 is kept.

    Raises `InputError` when the name is taken.
    """
    key = new_key()
    if store.source_exists(conn, name):
        raise InputError(
            f"A source named “{name}” is there already.",
            "Choose another name, or make a new key for it: siyu source renew NAME.",
            field="name",
        )
    source_id = ensure_source(
        conn, name, "http", now=now, currency=currency, owner=owner, purpose=purpose, write_key_digest=digest_of(key)
    )  # fmt: skip
    return source_id, key


def renew_key(conn: Connection, name: str, *, now: datetime, currency: str = "") -> str:
    """A fresh write key for the HTTP source with this name, which is made when there is none; the old key opens nothing any more.

    Raises `InputError` when the name belongs to a source of another kind.
    """
    key = new_key()
    source_id = ensure_source(conn, name, "http", now=now, currency=currency, write_key_digest=digest_of(key))
    if not renew_write_key(conn, source_id, digest_of(key)):
        raise InputError(f"The source “{name}” is not an HTTP source.", "Choose another name.", field="name")
    return key


def new_key() -> str:
    """A write key nobody has had: 192 random bits."""
    return "wk_" + secrets.token_urlsafe(24)


def digest_of(key: str) -> bytes:
    """What is kept of a write key. It is 192 random bits, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(key.encode()).digest()


def source_of(ground: Ground, key: str) -> tuple[HttpSource, Limits] | None:
    """The open source that a key belongs to, and the limits in force; None for a wrong key. A session of a mini-program is a key too."""
    session = mini.session_of(ground, key) if mini.is_session(key) else None
    with ground.db.tx() as conn:
        row = (session.source_id, session.source, "") if session else store.source_of_key(conn, digest_of(key))
        if row is None:
            return None
        the = brand(conn)
        limits = Limits(
            _bytes(settings.get(conn, SETTING_EVENT_BYTES, None), Limits.event_bytes),
            _bytes(settings.get(conn, SETTING_BATCH_BYTES, None), Limits.batch_bytes),
        )
    return HttpSource(row[0], row[1], row[2] or the.currency, the.region, session.who if session else None), limits


def _bytes(value: object, otherwise: int) -> int:
    return min(value, MOST_BYTES) if isinstance(value, int) and value > 0 else otherwise


def is_anonymous(ground: Ground, source_id: int, text: str) -> bool:
    """Whether an alias's previousId is an anonymous id: the source sent it as one before, or it looks like one."""
    one = identifier(Kind.ANONYMOUS_ID, text, str(source_id))
    if one is None or is_like_anonymous(text):
        return one is not None
    with ground.db.tx() as conn:
        return store.is_anonymous(conn, source_id, ground.vault.lookup(one.kind, one.scope, one.value))


def keep(ground: Ground, loads: Sequence[Load]) -> list[Stored]:
    """Commit the loads; what it returns is on disk. Raises `psycopg.OperationalError` when the database is not there.

    Loads share one transaction, so that many small requests cost one flush. What the pool refuses is found by taking the loads
    apart, so that only the messages that are really refused are put aside.
    """
    try:
        return _commit(ground, loads, are_apart=False)
    except _AllOrNothing as no:
        if len(loads) == 1:
            return [Stored(0, no.rejects)]
    except _REFUSALS as err:
        log.warning("a batch was refused and is taken apart", extra={"error": type(err).__name__, "loads": len(loads)})
        if len(loads) == 1:
            try:
                return _commit(ground, loads, are_apart=True)
            except _AllOrNothing as no:
                return [Stored(0, no.rejects)]
    return [kept for load in loads for kept in keep(ground, [load])]


def _commit(ground: Ground, loads: Sequence[Load], *, are_apart: bool) -> list[Stored]:
    return ground.db.again(lambda conn: _put(ground, conn, loads, are_apart=are_apart))


def _put(ground: Ground, conn: Connection, loads: Sequence[Load], *, are_apart: bool) -> list[Stored]:
    conn.execute(store.Q.durable)
    answers = _weigh_orders(conn, loads)
    by_source: dict[int, list[int]] = {}
    for n, load in enumerate(loads):
        by_source.setdefault(load.source.source_id, []).append(n)
    for source_id, its in sorted(by_source.items()):
        if are_apart:
            for n in its:
                _record_apart(ground, conn, loads[n], *answers[n])
        else:
            facts = [fact for n in its for taken in answers[n][0] for fact in taken.facts]
            if facts:
                record(ground, conn, source_id, facts)
    aside = []
    for load, (_, rejects) in zip(loads, answers, strict=True):
        if rejects and load.is_strict:
            raise _AllOrNothing(rejects)
        aside += [(load.source.source_id, reject, load.received_at) for reject in rejects]
    if aside:
        store.put_aside(conn, ground.vault, [(s, r) for s, r, _ in aside], [at for _, _, at in aside])
    conn.execute(store.Q.ring)
    return [Stored(len(taken), rejects) for taken, rejects in answers]


def _record_apart(ground: Ground, conn: Connection, load: Load, taken: list[Taken], rejects: list[Reject]) -> None:
    """Record the messages of one load, halving until those that the pool refuses stand alone; moves them to `rejects`."""
    waiting = [list(taken)]
    while waiting:
        some = waiting.pop()
        try:
            with conn.transaction():
                facts = [fact for one in some for fact in one.facts]
                record(ground, conn, load.source.source_id, facts)
        except _REFUSALS as err:
            if len(some) > 1:
                half = len(some) // 2
                waiting += [some[half:], some[:half]]
                continue
            field = err.field.rpartition(".")[2] if isinstance(err, InputError) else ""
            taken.remove(some[0])
            rejects.append(Reject(some[0].place, Refusal("refused", field), some[0].type, some[0].raw))


def _weigh_orders(conn: Connection, loads: Sequence[Load]) -> list[tuple[list[Taken], list[Reject]]]:
    """Sell each order once, and find the amount of refunds that name none."""
    answers = [(list(load.taken), list(load.rejects)) for load in loads]
    done = [
        (load.source.source_id, taken.message_id, taken.order)
        for load in loads for taken in load.taken if taken.order and not taken.order.is_refund
    ]  # fmt: skip
    open_refunds = [
        (load.source.source_id, taken.order.order_no)
        for load in loads for taken in load.taken if taken.order and taken.order.amount_minor is None
    ]  # fmt: skip
    if not done and not open_refunds:
        return answers
    if done:
        store.note_orders(conn, done)
    known = store.see_orders(conn, [(source, order.order_no) for source, _, order in done] + open_refunds)
    for load, (takens, rejects) in zip(loads, answers, strict=True):
        for taken in load.taken:
            if taken.order is None:
                continue
            seen = known.get((load.source.source_id, taken.order.order_no))
            code = ""
            if not taken.order.is_refund:
                if seen and seen[0] != taken.message_id:
                    code = "order_known"
            elif taken.order.amount_minor is None:
                if seen is None:
                    code = "refund_amount"
                else:
                    takens[takens.index(taken)] = taken._replace(facts=tuple(_refund(fact, seen[1], seen[2]) for fact in taken.facts))
            if code:
                takens.remove(taken)
                rejects.append(Reject(taken.place, Refusal(code, "properties.order_id"), taken.type, taken.raw))
    return answers


def _refund(fact: Fact, amount_minor: int, currency: str) -> Fact:
    return replace(fact, amount_minor=-abs(amount_minor), currency=currency)


def rejected(ground: Ground, conn: Connection, source_id: int | None = None, limit: int = 50) -> list[PutAside]:
    """The newest messages that were put aside, of one source or of all. Their bodies may hold personal data: show them to owners only."""
    return store.rejected(conn, ground.vault, source_id, limit)


def rejects_by_code(conn: Connection, source_id: int | None, since: date) -> dict[str, int]:
    """How many messages were put aside since a day (UTC), by reason."""
    return store.rejects_by_code(conn, source_id, since)
