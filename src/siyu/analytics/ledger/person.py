"""One person's account to date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from siyu.analytics.ledger import store
from siyu.analytics.ledger.attribution import Ints
from siyu.analytics.ledger.book import Book
from siyu.analytics.ledger.store import Q
from siyu.analytics.ledger.winning import costs_to_win, winners
from siyu.analytics.ledger.words import COSTS, DIMENSIONS, Basis, Dims, PersonLedger, SeenEntry
from siyu.base.db import Connection
from siyu.base.errors import NotFoundError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def person(conn: Connection, book: Book, person_id: int, *, limit: int = 200) -> PersonLedger:
    """The account of the person whom this number means today, with the newest `limit` entries. Raises `NotFoundError`."""
    ids = [row[0] for row in conn.execute(Q.ids_of, {"person_id": person_id})]
    if not ids:
        raise NotFoundError("There is no such person.", "Search again.")
    entries = tuple(store.seen(row) for row in conn.execute(Q.see_person_entries, {"person_id": person_id, "limit": limit}))
    today = entries[0].person_id if entries and entries[0].person_id is not None else min(ids)
    place = int(np.searchsorted(book.people, today)) if len(book.people) else 0
    is_here = place < len(book.people) and book.people[place] == today
    mine = np.flatnonzero(book.person == place) if is_here else np.zeros(0, dtype=np.int64)
    served_at = np.flatnonzero(book.served[0] == place) if is_here else np.zeros(0, dtype=np.int64)
    served = dict.fromkeys(COSTS, 0)
    for n in served_at:
        served[book.served_what[n]] += int(book.served[2][n])
    won, won_by, first_at = 0, None, None
    first = mine[book.is_first[mine]]
    if len(first):
        first_at = _EPOCH + timedelta(microseconds=int(book.at[first[0]]))
        orders, keys = winners(book)
        spot = int(np.searchsorted(orders, first[0]))
        won = int(costs_to_win(book)[0][spot])
        won_by = Dims(*([*book.met(by)[1], ""][column[spot]] for by, column in zip(DIMENSIONS, keys, strict=True)))
    return PersonLedger(
        person_id=today, currency=book.currency, orders=int((book.paid[mine] > 0).sum()),
        paid=int(book.paid[mine].sum()), refunded=int((book.refunded + book.adjusted)[mine].sum()), goods=int(book.goods[mine].sum()),
        won=won, served={what: minor for what, minor in served.items() if minor}, won_by=won_by if won_by and any(won_by) else None,
        first_order_at=first_at, paid_back_at=_paid_back(book, mine, served_at, won, int(book.at[first[0]])) if len(first) else None,
        basis=Basis(*(int(one[mine].sum()) for one in book.bases)), entries=entries, other_currencies=_others(entries, book.currency),
    )  # fmt: skip


def _paid_back(book: Book, orders: Ints, served: Ints, won: int, begun: int) -> datetime | None:
    """When contribution first reached the cost to win; None when nothing was spent, or not yet."""
    if won <= 0:
        return None
    margin = book.paid + book.refunded + book.adjusted - book.goods
    at = np.maximum(np.concatenate([book.at[orders], book.served[1][served]]), begun)
    gain = np.concatenate([margin[orders], -book.served[2][served]])
    sums: dict[int, int] = {}
    for moment, minor in zip(at.tolist(), gain.tolist(), strict=True):
        sums[moment] = sums.get(moment, 0) + minor
    total = 0
    for moment in sorted(sums):
        total += sums[moment]
        if total >= won:
            return _EPOCH + timedelta(microseconds=moment)
    return None


def _others(entries: tuple[SeenEntry, ...], currency: str) -> dict[str, int]:
    """What the entries in other currencies come to; not converted."""
    sign = {"sale": 1, "adjustment": 1}
    made: dict[str, int] = {}
    for one in entries:
        if one.currency != currency:
            made[one.currency] = made.get(one.currency, 0) + sign.get(one.what, -1) * one.amount_minor
    return made
