"""What customers cost: when a day of the brand is over, each code's adds x its cost become a fact `spend.recorded` for the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from siyu import pool
from siyu.base.ground import Ground
from siyu.base.ids import key_of
from siyu.growth import store
from siyu.growth.store import Q
from siyu.pool import Fact

SOURCE = "growth"
_LOOKED_BACK = timedelta(days=62)
_KEPT_FOR = timedelta(days=1)  # welcome codes: dead after seconds


def record_costs(ground: Ground) -> int:
    """Record what the days that are over have cost; how many code-days. Welcome codes that can greet nobody any more are forgotten."""
    now = ground.clock.now()
    with ground.db.tx() as conn:
        brand = pool.brand(conn)
        midnight = store.midnight(now, brand.time_zone)
        conn.execute(Q.forget_tickets, {"before": now - _KEPT_FOR})
        asked = {"zone": brand.time_zone, "midnight": midnight, "since": midnight - _LOOKED_BACK}
        found = conn.execute(Q.unrecorded_costs, asked).fetchall()
        if not found:
            return 0
        source = pool.ensure_source(conn, SOURCE, "system", now=now, class_="first-party", purpose="spend")
        facts = []
        for code_id, day, name, cost_minor, adds in found:
            key = str(key_of("code-cost", code_id, day))
            at = datetime.combine(day, time(), ZoneInfo(brand.time_zone)).astimezone(UTC)
            data = {"code": name, "from_on": day.isoformat(), "to_on": day.isoformat(), "ref": f"code:{code_id}:{day}", "adds": adds}
            facts.append(Fact("spend.recorded", key, at, amount_minor=cost_minor * adds, currency=brand.currency, data=data))
            conn.execute(Q.record_cost, {"code_id": code_id, "day": day, "cost_minor": cost_minor * adds, "key": key})
        pool.record(ground, conn, source, facts)
    return len(found)
