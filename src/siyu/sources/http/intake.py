"""One writer for many requests (`sources.together`): loads of facts, with a bound on the facts that wait."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import psycopg
from psycopg_pool import PoolTimeout

from siyu.base.ground import Ground
from siyu.sources.http.flow import keep
from siyu.sources.http.words import Load, Refusal, Stored
from siyu.sources.together import Together

log = logging.getLogger(__name__)

MOST_WAITING = 20_000  # facts
MOST_TOGETHER = 2_000  # facts in one transaction


class Intake(Together[Load, Stored]):
    """Takes loads from the event loop's thread and commits them in its own. Beyond its bound requests are answered 429."""

    def __init__(self, ground: Ground, most_waiting: int = MOST_WAITING) -> None:
        super().__init__(
            "http-intake", lambda loads: _keep(ground, loads), busy=lambda: Refusal("busy"), most_waiting=most_waiting,
            most_together=MOST_TOGETHER, size_of=lambda load: sum(len(taken.facts) for taken in load.taken) + 1,
        )  # fmt: skip


def _keep(ground: Ground, loads: Sequence[Load]) -> Sequence[Stored | Exception]:
    try:
        return keep(ground, loads)
    except (psycopg.OperationalError, PoolTimeout) as err:
        log.error("the database does not take facts", extra={"error": type(err).__name__, "sqlstate": getattr(err, "sqlstate", None)})
        return [Refusal("database")] * len(loads)
    except Exception as err:
        if len(loads) > 1:  # one of them is to blame: the others need not suffer
            return [answer for load in loads for answer in _keep(ground, [load])]
        log.error("a load cannot be kept", extra={"error": type(err).__name__})
        return [err]
