"""What channels tell the pool: facts about messages, each once per message by its id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from siyu import pool
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.pool import Fact


def fact(what: str, intent_id: int, at: datetime, subject: int, data: dict[str, Any], *, part: str = "") -> Fact:
    """`message.<what>` about one message, under the address it went to. `part` tells facts of one kind apart (which link)."""
    number = f"{what}:{intent_id}" + (f":{part}" if part else "")
    return Fact(f"message.{what}", number, at, object=str(intent_id), data=data, subject_id=subject)


def tell(ground: Ground, conn: Connection, channel: str, facts: Sequence[Fact]) -> int:
    """Record facts of a channel in the caller's transaction; says how many were new."""
    if not facts:
        return 0
    source_id = pool.ensure_source(
        conn, f"channel:{channel}", "channel", now=ground.clock.now(), class_="second-party", purpose="receipts of messages"
    )
    return pool.record(ground, conn, source_id, facts).new
