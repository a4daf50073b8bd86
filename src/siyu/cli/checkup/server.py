"""The database server: version, room for connections, durability, migrations, keys that fit, clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from siyu.base import migrate, settings
from siyu.base.clock import SystemClock
from siyu.base.errors import ConfigError
from siyu.cli.checkup.words import Finding, Patient, ill, watch, well
from siyu.cli.store import Q

_LEAST_VERSION = 16
_LEAST_CONNECTIONS = 60
_SKEW_S = 2.0


def version(patient: Patient) -> Iterator[Finding]:
    """Is the server new enough?"""
    with patient.on.db.tx() as conn:
        number = conn.info.server_version // 10_000
    yield well("version", version=number) if number >= _LEAST_VERSION else ill("version_old", version=number, least=_LEAST_VERSION)


def connections(patient: Patient) -> Iterator[Finding]:
    """Is there room for one serving process and some workers?"""
    with patient.on.db.tx() as conn:
        row = conn.execute(Q.server_room).fetchone()
    if row and row[0] < _LEAST_CONNECTIONS:
        yield watch("connections_few", most=row[0], least=_LEAST_CONNECTIONS)
    elif row and row[1] > row[0] * 0.9:
        yield watch("connections_used", used=row[1], most=row[0])


def durability(patient: Patient) -> Iterator[Finding]:
    """Does the server keep what it has promised, when the power goes?"""
    with patient.on.db.tx() as conn:
        off = [str(row[0]) for row in conn.execute(Q.careless_settings)]
    yield ill("durability_off", names=", ".join(off)) if off else well("durability")


def migrations(patient: Patient) -> Iterator[Finding]:
    """Is the schema that of this release, and do the keys open what is in it?"""
    known = {step.number: step for step in migrate.all_migrations()}
    with patient.on.db.tx() as conn:
        has_table = conn.execute(Q.has_migrations).fetchone()
        done = dict(conn.execute(Q.migrations_done).fetchall()) if has_table and has_table[0] else {}
        newest = max(known)
        if not done:
            yield watch("migrations_none")
            return
        if max(done) > newest:
            yield ill("migrations_newer", done=max(done), known=newest)
            return
        edited = [known[n].name for n, digest in done.items() if n in known and known[n].digest != digest]
        missing = sorted(set(known) - set(done))
        if edited:
            yield ill("migrations_edited", names=", ".join(edited))
        elif missing:
            yield watch("migrations_due", count=len(missing))
        else:
            yield well("migrations", count=len(done))
        if missing:
            return
        row = conn.execute(Q.some_wrapped_key).fetchone()
    if row is not None:
        try:
            patient.on.vault.open_key(bytes(row[0]))
        except ConfigError:
            yield ill("keys_other")


def clocks(patient: Patient) -> Iterator[Finding]:
    """Do the machine's and the database's clock agree, and is Siyu's own clock the wall's?"""
    with patient.on.db.tx() as conn:
        before = SystemClock().now()
        row = conn.execute(Q.server_now).fetchone()
        after = SystemClock().now()
        moved = settings.get(conn, "clock", None)
    if row is not None and not before.timestamp() - _SKEW_S <= row[0].timestamp() <= after.timestamp() + _SKEW_S:
        yield ill("clock_skew", seconds=f"{(row[0] - before).total_seconds():,.0f}")
    if moved:
        shown = datetime.fromisoformat(moved["shown_at"])
        yield watch("clock_moved", shown=f"{shown:%Y-%m-%d %H:%M}", rate=moved["rate"])
