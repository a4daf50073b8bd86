"""Rows of the gate's tables <-> words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from siyu.base.db import Connection, queries
from siyu.gate import ruleset
from siyu.gate.columns import NEVER, Bools, Ints, copy_in, execute, moment, rows, us
from siyu.gate.decide import Lanes, Verdicts, described
from siyu.gate.words import Code, GateRules, Intent

Q = queries(__name__)

_CODES = tuple(Code)


def rules(conn: Connection) -> GateRules:
    """The rules as they are set now."""
    return ruleset.read(dict(conn.execute(Q.gate_settings).fetchall()))


def lane_of(intent: Intent) -> tuple[Any, ...]:
    """What an intent has in common with its neighbours."""
    return (
        intent.origin,
        intent.origin_id,
        intent.channel,
        str(intent.purpose),
        intent.topic,
        intent.content_id,
        intent.content_version,
        intent.priority,
        intent.cost_minor,
    )


def lanes(conn: Connection, wanted: Mapping[tuple[Any, ...], str]) -> dict[tuple[Any, ...], int]:
    """The numbers of lanes, made where they are new; `wanted` are lanes with the template of what they send, which is its content's."""
    every = sorted(wanted)
    params = dict(
        zip(
            ("origins", "origin_ids", "channels", "purposes", "topics", "content_ids", "content_versions", "priorities", "costs"),
            (list(column) for column in zip(*every, strict=True)),
            strict=True,
        )
    )
    found = {row[1:]: row[0] for row in conn.execute(Q.find_lanes, params)}
    if len(found) < len(every):
        conn.execute(Q.ensure_lanes, params | {"templates": [wanted[one] for one in every]})
        found = {row[1:]: row[0] for row in conn.execute(Q.find_lanes, params)}
    return found


def ask(conn: Connection, intents: Sequence[Intent], at: datetime) -> int:
    """Keep intents; gives how many were new."""
    keys = [lane_of(intent) for intent in intents]
    numbers = lanes(conn, {key: intent.template for key, intent in zip(keys, intents, strict=True)})
    return conn.execute(
        Q.ask,
        {
            "keys": [i.key for i in intents],
            "person_ids": [i.person_id for i in intents],
            "lane_ids": [numbers[key] for key in keys],
            "controls": [i.is_control for i in intents],
            "not_befores": [i.not_before for i in intents],
            "expires": [i.expires_at for i in intents],
            "asked_at": at,
        },
    ).rowcount


def write_verdicts(
    conn: Connection,
    step: str,
    verdicts: Verdicts,
    chosen: Bools,
    intent: Ints,
    lane_id: Ints,
    now: int,
    rules: GateRules,
    lanes: Lanes | None = None,
) -> None:
    """Write the answers of the chosen rows by one COPY."""
    parts = []
    which = np.flatnonzero(chosen)
    if not len(which):
        return
    # rows that differ in numbers only are written together
    group = np.stack([verdicts.code[which], verdicts.waits[which], verdicts.cap[which], verdicts.other[which], verdicts.at[which] == NEVER])
    kinds, kind = np.unique(group, axis=1, return_inverse=True)
    for number in range(kinds.shape[1]):
        code, waits, cap, other, is_open = (int(value) for value in kinds[:, number])
        mine = which[kind == number]
        name = _CODES[code]
        detail = _detail(name, cap, other, rules, lanes)
        parts.append(
            rows(
                len(mine),
                (
                    intent[mine],
                    lane_id[mine].astype(np.int32),
                    step.encode(),
                    np.full(len(mine), now, dtype=np.int64),
                    name.encode(),
                    b"\1" if waits else b"\0",
                    None if is_open else verdicts.at[mine],
                    b"\1" + json.dumps(detail).encode(),  # jsonb's version 1 is the text
                ),
            )
        )
    copy_in(conn, Q.copy_verdicts, parts)


def _detail(code: Code, cap: int, other: int, rules: GateRules, lanes: Lanes | None) -> dict[str, Any]:
    if cap >= 0:
        template = lanes.templates[other] if lanes is not None and code == Code.CREDIT and other > 0 else ""
        return described(rules, cap) | ({"template": template} if template else {})
    if other >= 0 and lanes is not None:
        return {"channel": lanes.channels[other]}
    if code == Code.QUIET and rules.quiet is not None:
        return {"from": rules.quiet.start, "to": rules.quiet.end}
    return {}


def write_permits(conn: Connection, intent: Ints, person: Ints, lane_id: Ints, is_plain: Bools, now: int, due: Ints, expires: Ints) -> None:
    """Put permits into the queue by one COPY, and tell their lanes."""
    if not len(intent):
        return
    judged = np.full(len(intent), now, dtype=np.int64)
    copy_in(
        conn,
        Q.copy_permits,
        [rows(len(intent), (intent, person, lane_id.astype(np.int32), is_plain, judged, due, expires, due))],
    )
    fill_lanes(conn, lane_id, due, expires)


def fill_lanes(conn: Connection, lane_id: Ints, due: Ints, expires: Ints) -> None:
    """Note that permits wait in these lanes; the last thing that a transaction does, so that nobody waits for it in a circle."""
    lane_ids, place = np.unique(lane_id, return_inverse=True)
    if not len(lane_ids):
        return
    first_due = np.full(len(lane_ids), np.iinfo(np.int64).max)
    first_expiry = first_due.copy()
    np.minimum.at(first_due, place, due)
    np.minimum.at(first_expiry, place, expires)
    conn.execute(Q.lock_lanes, {"lane_ids": lane_ids.tolist()})
    conn.execute(
        Q.fill_lanes,
        {
            "lane_ids": lane_ids.tolist(),
            "dues": [moment(at) for at in first_due.tolist()],
            "expires": [moment(at) for at in first_expiry.tolist()],
        },
    )


def wait_again(conn: Connection, waiting: Sequence[tuple[int, datetime, datetime]]) -> None:
    """Note that permits which had been claimed wait again: (lane, due, expires) each."""
    if not waiting:
        return
    lanes, dues, expires = zip(*waiting, strict=True)
    fill_lanes(conn, np.array(lanes), np.array([us(at) for at in dues]), np.array([us(at) for at in expires]))
    conn.execute(Q.unsweep, {"lane_ids": sorted(set(lanes))})


def withdraw_permits(conn: Connection, intents: Ints, now: datetime) -> None:
    """Take waiting permits out of the queue."""
    if len(intents):
        execute(conn, Q.withdraw_permits, {"intent_ids": intents, "now": now})


def outlay(conn: Connection, since: datetime, channel: str | None, purpose: str | None) -> tuple[int, int]:
    """How many were claimed after `since`, and what they cost."""
    row = conn.execute(Q.see_outlays, {"since": since, "channel": channel, "purpose": purpose}).fetchone()
    assert row is not None  # noqa: S101  an aggregate always gives a row
    return int(row[0]), int(row[1])
