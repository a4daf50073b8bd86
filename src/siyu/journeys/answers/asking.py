"""The messages of one answer or greeting, as intents."""

from __future__ import annotations

from datetime import datetime, timedelta

from siyu import content, gate
from siyu.base.db import Connection
from siyu.base.ids import key_of
from siyu.journeys.answers.words import CHANNELS, Came, Heard, Rule

ORIGIN = "answer"
BETWEEN = timedelta(seconds=1)  # between the messages of one answer, so that they arrive in order
_FIRST = 90  # of gate priorities: somebody waits
Versions = dict[int, content.Version | None]


def intents_of(
    conn: Connection, of: Heard | Came, rule: Rule, versions: Versions, now: datetime, expires_at: datetime
) -> list[gate.Intent]:
    """What a rule says to a message or a coming, in order. `versions` keeps the contents that were looked up."""
    made = []
    for number, content_id in enumerate(rule.content_ids):
        if content_id not in versions:
            versions[content_id] = content.kept(conn, content_id)
        version = versions[content_id]
        if version is None:
            continue
        made.append(
            gate.Intent(
                key=key_of("answer", of.key, number), person_id=of.subject, channel=CHANNELS[of.channel], purpose="service",
                origin=ORIGIN, origin_id=rule.answer_id, content_id=content_id, content_version=version.version,
                not_before=now + number * BETWEEN, expires_at=expires_at, priority=_FIRST,
            )
        )  # fmt: skip
    return made
