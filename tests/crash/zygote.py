"""A warm process that forks a life, lets it run to its chosen end, and forks the next. Run as `python -m tests.crash.zygote`.

A life is the whole river in one process: it records people's facts and writes down what was acknowledged, folds, asks the gate, judges,
claims, sends over SMTP. Every commit (before and after) and every word on the SMTP line is a crash point; a life told to end at its k-th
point ends there by kill -9. The points are hooked from here: the source knows nothing of them.
"""

from __future__ import annotations

import json
import os
import random
import signal
import smtplib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from siyu import channels, gate, pool
from siyu.base.clock import StillClock
from siyu.base.config import Config
from siyu.base.db import Connection, Database
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.base.vault import Vault

PEOPLE_A_BATCH = 4
KEYS = Vault(*(bytes([n]) * 32 for n in (1, 2, 3)))


class Fate:
    """Counts crash points; at the k-th it notes where that was and ends the process."""

    def __init__(self, end_at: int, note: Path) -> None:
        self.end_at, self.note, self.passed = end_at, note, 0
        self._lock = threading.Lock()

    def point(self, what: str) -> None:
        with self._lock:
            self.passed += 1
            if self.passed != self.end_at:
                return
            frame: Any = sys._getframe(1)
            while frame and not (frame.f_globals.get("__name__", "").startswith("siyu.") and "base.db" not in frame.f_globals["__name__"]):
                frame = frame.f_back
            where = f"{frame.f_globals['__name__']}.{frame.f_code.co_name}" if frame else "tests"
            self.note.write_text(f"{what} {where}")
            os.kill(os.getpid(), signal.SIGKILL)


def haunt(fate: Fate) -> None:
    """Hook the crash points."""
    plain_tx, plain_send, plain_reply = Database.tx, smtplib.SMTP.send, smtplib.SMTP.getreply

    @contextmanager
    def tx(self: Database) -> Iterator[Connection]:
        with plain_tx(self) as conn:
            yield conn
            fate.point("before commit")
        fate.point("after commit")

    def send(self: Any, s: Any) -> Any:
        fate.point("before saying")
        done = plain_send(self, s)
        fate.point("after saying")
        return done

    def getreply(self: Any) -> Any:
        answer = plain_reply(self)
        fate.point("after hearing")
        return answer

    Database.tx, smtplib.SMTP.send, smtplib.SMTP.getreply = tx, send, getreply  # type: ignore[method-assign]


def email_of(number: int) -> str:
    return f"c{number}@mail.example"


def facts_of(batch: int, now: datetime) -> list[pool.Fact]:
    """What happens in one batch: people, their consent, an order each."""
    made = []
    for number in range(batch * PEOPLE_A_BATCH, (batch + 1) * PEOPLE_A_BATCH):
        who = (pool.Identifier(pool.Kind.MEMBER_ID, f"m{number}", "shop"), pool.Identifier(pool.Kind.EMAIL, email_of(number)))
        at = now - timedelta(days=40, minutes=number)
        made += [
            pool.Fact("profile.stated", f"p{number}", at, who, personal={"name": "林"}),
            pool.Fact("consent.given", f"c{number}", at, who, data={"channel": "email", "purpose": "marketing"}),
            pool.Fact("order.paid", f"o{number}", at, who[:1], object=f"O{number}", amount_minor=100 + number, currency="CNY"),
        ]
    return made


def live(url: str, at: str, folder: str, batches: int, content_id: int, source_id: int) -> None:
    """One life: it ends by kill -9 at its fated point, or peacefully when nothing is left to do."""
    ground = Ground(Database(url, size=6), StillClock(datetime.fromisoformat(at)), KEYS,
                    Config(Path(folder), url, "127.0.0.1", 0, "http://127.0.0.1:8000", "info"))  # fmt: skip
    acks = Path(folder) / "acknowledged"
    now = ground.clock.now()
    while True:
        done = len(acks.read_text().splitlines()) if acks.exists() else 0
        if done < batches:
            with ground.db.tx() as conn:
                pool.record(ground, conn, source_id, facts_of(done, now))
            with acks.open("a") as out:  # what a sender was told: only after the commit
                out.write(f"{done}\n")
                out.flush()
                os.fsync(out.fileno())
        worked = pool.fold(ground)
        worked += _ask(ground, done, content_id, now)
        worked += gate.judge(ground)
        worked += channels.deliver(ground, "email", 8)
        if done >= batches and not worked:
            return


def _ask(ground: Ground, upto: int, content_id: int, now: datetime) -> int:
    """Wish one letter to everybody of the last batches; asking again is asking once."""
    wishes = []
    with ground.db.tx() as conn:
        for number in range(max(0, upto - 2) * PEOPLE_A_BATCH, (upto + 1) * PEOPLE_A_BATCH):
            person = pool.person_of(ground, conn, pool.Identifier(pool.Kind.EMAIL, email_of(number)))
            if person is not None:
                wishes.append(
                    gate.Intent(
                        key=key_of("crash", number), person_id=person, channel="email", purpose="marketing", origin="api", origin_id=1,
                        content_id=content_id, content_version=1, not_before=now, expires_at=now + timedelta(days=3), topic=f"t{number}",
                    )
                )  # fmt: skip
        return gate.ask(ground, conn, wishes)


def lives(live: Callable[..., None], haunt_more: Callable[[Fate], None] | None = None) -> None:
    """Fork a life for each JSON object on stdin and answer how it ended: where it died, or `peace`.

    An object holds `end_at` and what `live` takes; `note` says where the end is written (else `folder`/end), and `only: commits` leaves
    out `haunt_more`.
    """
    random.seed(0)
    for line in sys.stdin:
        told = json.loads(line)
        end_at, only = told.pop("end_at"), told.pop("only", "")
        note = Path(told.pop("note", "") or Path(told["folder"]) / "end")
        note.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            try:
                fate = Fate(end_at, note)
                haunt(fate)
                if haunt_more is not None and only != "commits":
                    haunt_more(fate)
                live(**told)
                note.write_text(f"peace {fate.passed}")
                os._exit(0)
            except BaseException as err:
                import traceback

                note.write_text("error " + "".join(traceback.format_exception(err))[-3000:])
                os._exit(3)
        os.waitpid(child, 0)
        print(json.dumps({"end": note.read_text() if note.exists() else "silence"}), flush=True)


if __name__ == "__main__":
    lives(live)
