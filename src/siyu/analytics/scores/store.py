"""Rows <-> words of the scoring runs; and the one place where purchase histories are read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from siyu.analytics import lake
from siyu.analytics.assumptions import Assumed, as_dict
from siyu.analytics.scores.changing import Standing
from siyu.analytics.scores.words import NAMES, Known, PoolPoint, ScoreRun
from siyu.analytics.scores.working import Working
from siyu.analytics.value import purchases_of
from siyu.base.db import Connection, queries
from siyu.base.ground import Ground
from siyu.base.money import digits
from siyu.pool import Brand

Q = queries(__name__)

# One row of PostgreSQL's binary COPY: the number of fields, and each field behind its length; all of fixed width, none of them null.
_ROW = np.dtype([
    ("fields", ">i2"), ("l0", ">i4"), ("person", ">i8"), ("l1", ">i4"), ("day", ">i4"), ("l2", ">i4"), ("minor", ">i8"), ("l3", ">i4"),
    ("orders", ">i4"),
])  # fmt: skip
_HEAD, _TAIL = 19, 2  # bytes of the stream's own


def read_purchases(ground: Ground, conn: Connection, brand: Brand, as_of: datetime) -> Known:
    """What everybody bought up to `as_of`: days in the brand's time zone, money of the brand's currency less refunds.

    From the lake and its fresh tail when it is in order, else from PostgreSQL. Orders in other currencies are left out and counted.
    Memory: about 34 bytes a person and day.
    """
    if lake.is_ready(ground):
        with lake.open(ground) as con:
            found, elsewhere = lake.purchases(con, as_of)
        return _known(found["person_id"], found["day"], found["minor"], found["orders_n"], elsewhere)
    asked = {"tz": brand.time_zone, "as_of": as_of, "currency": brand.currency}
    with conn.cursor() as cursor, cursor.copy(Q.read_purchases, asked) as stream:
        raw = b"".join(stream)
    rows = np.frombuffer(raw, _ROW, count=(len(raw) - _HEAD - _TAIL) // _ROW.itemsize, offset=_HEAD)
    row = conn.execute(Q.count_elsewhere, asked).fetchone()
    return _known(rows["person"], rows["day"], rows["minor"], rows["orders"], int(row[0]) if row else 0)


def _known(person: Any, day: Any, minor: Any, orders: Any, elsewhere: int) -> Known:
    people, customer = np.unique(person.astype(np.int64), return_inverse=True)
    purchases = purchases_of(customer.astype(np.int64), day.astype(np.int64), minor.astype(np.float64))
    return Known(people, purchases, int(orders.sum()), elsewhere)


def begin(conn: Connection, as_of: datetime, by: str, currency: str, assumed: Assumed) -> int | None:
    """A new run; None while another one is running."""
    asked = {"as_of": as_of, "by": by, "currency": currency, "assumed": Jsonb(as_dict(assumed))}
    row = conn.execute(Q.begin_run, asked).fetchone()
    return None if row is None else int(row[0])


def running(conn: Connection) -> int | None:
    """The run that has begun and not ended."""
    row = conn.execute(Q.running_run).fetchone()
    return None if row is None else int(row[0])


def note_fit(conn: Connection, run_id: int, known: Known, observed_on: Any, w: Working, pool: tuple[int, int, int]) -> None:
    """Keep what was fitted: from here a broken run goes on with it."""
    conn.execute(
        Q.note_fit,
        {
            "run_id": run_id, "observed_on": observed_on, "customers_n": len(known.people), "orders_n": known.orders_n,
            "elsewhere_n": known.elsewhere_n, "model": w.model, "runner_up": w.runner_up, "chosen_by": w.chosen_by, "fits": _json(w.fits),
            "backtest": _json(w.backtest), "deciles": _json(w.deciles), "figures": _json(w.figures.as_dict()),
            "pool_minor": pool[0], "low_minor": pool[1], "high_minor": pool[2],
        },
    )  # fmt: skip


def see(conn: Connection, run_id: int) -> ScoreRun | None:
    """One run."""
    return conn.cursor(row_factory=class_row(ScoreRun)).execute(Q.see_run, {"run_id": run_id}).fetchone()


def newest(conn: Connection, states: Sequence[str]) -> ScoreRun | None:
    """The newest run in one of these states."""
    row = conn.execute(Q.newest_run, {"states": list(states)}).fetchone()
    return None if row is None else see(conn, int(row[0]))


def points(conn: Connection, limit: int) -> list[PoolPoint]:
    """The pool's value by run, oldest first."""
    return conn.cursor(row_factory=class_row(PoolPoint)).execute(Q.pool_points, {"limit": limit}).fetchall()


def standing(conn: Connection, first: int, last: int, currency: str) -> Standing:
    """The scores that stand of the people from number `first` to `last`."""
    values: Mapping[str, dict[int, float]] = {name: {} for name in NAMES}
    as_of: dict[int, datetime] = {}
    for person, name, value, at in conn.execute(Q.standing_scores, {"first": first, "last": last, "names": list(NAMES)}):
        if value is not None:
            values[name][person] = value
            as_of[person] = min(at, as_of.get(person, at))
    unit = float(10 ** digits(currency))
    return Standing({person: value * unit for person, value in values["clv"].items()}, values["churn"], as_of)


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=lambda given: json.dumps(_finite(given), ensure_ascii=False))


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN: such numbers are absent."""
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value
