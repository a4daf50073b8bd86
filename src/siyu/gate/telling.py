"""Every no has its reason in words: what was asked for a person, what was answered, what became of it; and an origin's numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from siyu import pool
from siyu.base.db import Connection
from siyu.base.text import catalogue, say
from siyu.gate.store import Q
from siyu.gate.words import Answer, Asked, Code, Tally


def why(conn: Connection, person_id: int, lang: str = "zh", limit: int = 50, *, intent_id: int | None = None) -> list[Asked]:
    """The newest intents of a person, under every id the person has, or one of them, with every answer in words."""
    rows = conn.execute(Q.asked_of_person, {"person_id": person_id, "limit": limit, "intent_id": intent_id}).fetchall()
    zone = ZoneInfo(pool.brand(conn).time_zone)
    said: dict[int, list[Answer]] = defaultdict(list)
    for number, step, code, waits, judged_at, until, detail in conn.execute(Q.said_of, {"intent_ids": [row[0] for row in rows]}):
        words = reason(code, detail, lang, waits=waits, until=until, zone=zone)
        said[number].append(Answer(step, Code(code), waits, judged_at, until, words))
    found = []
    for number, asked_at, channel, purpose, topic, origin, origin_id, content_id, version, state, is_held, due_at, settled_at in rows:
        stands = ("held" if is_held else state) or ("refused" if said[number] else "unjudged")
        found.append(
            Asked(
                number,
                asked_at,
                channel,
                purpose,
                topic,
                origin,
                origin_id,
                content_id,
                version,
                stands,
                say(f"gate.state_{stands}", lang),
                due_at,
                settled_at,
                tuple(said[number]),
            )
        )
    return found


def reason(
    code: str, detail: Mapping[str, Any], lang: str = "zh", *, waits: bool = False, until: datetime | None = None, zone: ZoneInfo
) -> str:
    """One answer in words that a shopkeeper can read. `detail` is the verdict's; `until` is shown by the clocks of `zone`."""
    values: dict[str, Any] = {"n": detail.get("n", 0), "from": detail.get("from", ""), "to": detail.get("to", "")}
    values["window"] = length(int(detail.get("seconds", 0)), lang)
    values["channel"] = _named(f"gate.channel_{detail.get('channel') or 'any'}", detail.get("channel"), lang)
    values["purpose"] = _named(f"gate.purpose_{detail.get('purpose') or 'any'}", detail.get("purpose"), lang)
    values["after"] = _named(f"gate.after_{detail.get('after')}", "", lang)
    values["template"] = detail.get("template", "")
    key = f"gate.yes_{code}" if code == Code.PERMIT else f"gate.wait_{code}" if waits else f"gate.no_{code}"
    if code == Code.CREDIT and values["template"] and not waits:
        key += "_of"
    text = say(key, lang, **values)
    if until is not None:
        text += say("gate.until_then" if waits else "gate.until_again", lang, at=f"{until.astimezone(zone):%Y-%m-%d %H:%M}")
    return text


def _named(key: str, own: str | None, lang: str) -> str:
    """A channel or a purpose in words; its own name where we have none."""
    return say(key, lang) if key in catalogue() else str(own)


def length(seconds: int, lang: str) -> str:
    """A length of time in words: 7 days, 24 hours, 30 minutes."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds % size == 0 and seconds >= 2 * size:
            return say(f"gate.span_{unit}", lang, n=seconds // size)
    return say("gate.span_seconds", lang, n=seconds)


def tally(conn: Connection, origin: str, origin_id: int) -> Tally:
    """Where an origin's intents stand."""
    row = conn.execute(Q.tally, {"origin": origin, "origin_id": origin_id}).fetchone()
    assert row is not None  # noqa: S101  a row of sub-selects always comes
    asked, verdicts, states = row
    return Tally(asked, sum(verdicts.values()), verdicts, states)
