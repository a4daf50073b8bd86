"""Deliveries go in by group commit (`sources.together`); what was refused is counted with them."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

import psycopg
from psycopg_pool import PoolTimeout

from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.sources.callbacks import store
from siyu.sources.callbacks.words import Letter, Refusal
from siyu.sources.together import Together

log = logging.getLogger(__name__)

_MOST_WAITING = 5_000  # deliveries; the vendors come again with what is refused beyond
_MOST_TOGETHER = 500


class Intake(Together[Letter | None, bool]):
    """The writer of one process. None stands for nothing but counted refusals."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(
            "callbacks-intake", self._commit, busy=lambda: Refusal("busy"), most_waiting=_MOST_WAITING, most_together=_MOST_TOGETHER
        )
        self._ground = ground
        self._refused: Counter[tuple[int, date, str]] = Counter()
        self._counting = threading.Lock()

    def refuse(self, account_id: int, why: str, at: datetime) -> bool:
        """Count a refusal; it is written with the next group. True when nothing was waiting to be written: then `put(None)` writes it.

        A crash may lose the last ones: they are not worth a flush each, or whoever forges would make us write.
        """
        with self._counting:
            is_first = not self._refused
            self._refused[account_id, at.date(), why] += 1
        return is_first

    def _commit(self, group: Sequence[Letter | None]) -> Sequence[bool | Exception]:
        letters = [one for one in group if one is not None]
        with self._counting:
            refused, self._refused = self._refused, Counter()
        try:
            self._ground.db.again(lambda conn: _write(conn, letters, refused))
        except (psycopg.OperationalError, PoolTimeout) as err:
            self._take_back(refused)
            log.error(
                "the database does not take callbacks", extra={"error": type(err).__name__, "sqlstate": getattr(err, "sqlstate", None)}
            )
            return [Refusal("database")] * len(group)
        except Exception as err:
            self._take_back(refused)
            if len(group) > 1:  # one of them is to blame: the others need not suffer
                return [answer for one in group for answer in self._commit([one])]
            log.error("a callback cannot be stored", extra={"error": type(err).__name__, "sqlstate": getattr(err, "sqlstate", None)})
            return [err]
        return [True] * len(group)

    def _take_back(self, refused: Counter[tuple[int, date, str]]) -> None:
        with self._counting:
            self._refused.update(refused)


def _write(conn: Connection, letters: Sequence[Letter], refused: Counter[tuple[int, date, str]]) -> None:
    conn.execute(store.Q.durable)
    if letters:
        store.keep(conn, letters)
        conn.execute(store.Q.ring)
    if refused:
        store.count_refusals(conn, refused)
