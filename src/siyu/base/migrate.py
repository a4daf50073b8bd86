"""Forward migrations: `siyu/migrations/NNNN_room_what.sql`, each run once, in order, in a transaction of its own.

A released file is never edited: its digest is kept and checked. Migrations only add (expand), fill, and much later remove (contract), so
that the release before this one can keep running on the same database.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources

from siyu.base.db import Database
from siyu.base.errors import ConfigError

_LOCK = 7_299
_TABLE = """
create table if not exists migrations (
    number int primary key, name text not null, digest text not null, ran_at timestamptz not null default now()
)
"""


@dataclass(frozen=True)
class Migration:
    """One file: its number, its name, its text."""

    number: int
    name: str
    text: str

    @property
    def digest(self) -> str:
        """What is kept to notice that a released file was edited."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def all_migrations() -> list[Migration]:
    """Every migration that this release knows, in order."""
    files = sorted((f for f in resources.files("siyu.migrations").iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(int(f.name[:4]), f.name[:-4], f.read_text("utf-8")) for f in files]


def migrate(db: Database) -> list[str]:
    """Bring the database up to this release; says which migrations ran. Safe to call from many processes at once."""
    ran: list[str] = []
    known = all_migrations()
    with db.tx() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        conn.execute(_TABLE)
        done = {row[0]: (row[1], row[2]) for row in conn.execute("select number, name, digest from migrations")}
        newest = max((m.number for m in known), default=0)
        if done and max(done) > newest:
            raise ConfigError(
                f"The database is at step {max(done)}, newer than this release of Siyu (step {newest}).", "Start the newer release."
            )
        for step in known:
            if step.number in done:
                if done[step.number][1] != step.digest:
                    raise ConfigError(
                        f"The migration {step.name} was edited after it ran here.", "Restore the file and add a new migration."
                    )
                continue
            conn.execute(step.text.encode())
            conn.execute("insert into migrations (number, name, digest) values (%s, %s, %s)", [step.number, step.name, step.digest])
            ran.append(step.name)
    return ran
