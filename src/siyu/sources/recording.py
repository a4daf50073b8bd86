"""Facts of a connected vendor go into the pool under the vendor's source; what somebody refuses holds from the same commit on."""

from __future__ import annotations

from collections.abc import Sequence

from siyu import gate
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.pool import Fact, ensure_source, person_of, record
from siyu.sources.connected import source_name
from siyu.vendors import VendorKind

_NO = "consent.withdrawn"


def record_told(ground: Ground, conn: Connection, vendor: VendorKind, app_id: str, facts: Sequence[Fact]) -> int:
    """Record what a vendor's account told, in the caller's transaction; says how many facts were new. Raises as `pool.record` does.

    A withdrawal refuses at once what waits for its person: nobody has to read the fact first.
    """
    if not facts:
        return 0
    name, kind = source_name(vendor, app_id)
    source_id = ensure_source(
        conn, name, kind, now=ground.clock.now(), class_="first-party", purpose="what the vendor tells by callbacks and lists"
    )
    new = record(ground, conn, source_id, [fact for fact in facts if fact.type != _NO]).new
    for fact in facts:
        if fact.type == _NO and record(ground, conn, source_id, [fact]).new:
            new += 1
            person = person_of(ground, conn, fact.identifiers[0])
            if person is not None:
                gate.withdraw_person(ground, conn, person, str(fact.data["channel"]), str(fact.data["purpose"]), at=fact.occurred_at)
    return new
