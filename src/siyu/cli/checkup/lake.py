"""The lake: is it where we look, does it keep up, are its files as they were written?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from siyu.analytics import lake
from siyu.cli.checkup.words import Finding, Patient, watch, well
from siyu.cli.screen import word

_BEHIND_FOR = timedelta(hours=1)
_MOST_BYTES = 4 * 1024**3  # beyond this only sizes are compared: reading everything would take minutes


def lake_files(patient: Patient) -> Iterator[Finding]:
    """Whatever is wrong here makes reports slow, not wrong: they read from PostgreSQL what the files lack."""
    found = lake.status(patient.on)
    if found.home == lake.Home.NONE:
        return
    if found.home == lake.Home.ELSEWHERE:
        yield watch("lake_elsewhere", folder=found.folder)
        return
    if found.bytes_n <= _MOST_BYTES:
        found = lake.status(patient.on, thorough=True)
    if found.faults:
        first = found.faults[0]
        yield watch("lake_faults", count=len(found.faults), path=first.file.path, what=word(f"cli.lake_fault_{first.what}"))
    late_by = patient.on.clock.now() - found.waiting_since if found.waiting_since else timedelta()
    if late_by > _BEHIND_FOR:
        yield watch("lake_behind", count=f"{found.waiting:,}", minutes=f"{late_by.total_seconds() / 60:,.0f}")
    if found.uncleaned:
        yield watch("lake_uncleaned", count=f"{found.uncleaned:,}")
    if not found.faults and not found.uncleaned and late_by <= _BEHIND_FOR:
        yield well("lake", rows=f"{found.rows['facts']:,}", files=sum(found.files.values()), count=f"{found.waiting:,}")
