"""What must be known to decide: a handful of set queries for a whole batch, joined as columns.

Read inside the transaction that holds the shards' locks, so that nothing that counts can change before the answer is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from siyu.base.cursor import see_place
from siyu.base.db import Connection
from siyu.base.ids import bucket_of
from siyu.gate import openings, quiet, windows
from siyu.gate.columns import NEVER, Bools, Ints, fetch, moment
from siyu.gate.decide import NUMBER, Batch, Lanes, Touches
from siyu.gate.store import Q
from siyu.gate.words import Code, GateRules

HEARER = "gate.withdrawals"  # the reader of the log that takes in withdrawals
WITHDRAWING = ["consent.withdrawn", "message.unsubscribed", "message.complained"]
_BUCKETS = 1_000_000
_NOT_THERE = 9
_ADDRESS = {0: 0, 1: NUMBER[Code.SUPPRESSED], 2: NUMBER[Code.UNREACHABLE], 3: NUMBER[Code.NO_ADDRESS], _NOT_THERE: NUMBER[Code.NO_ADDRESS]}


class Lane(NamedTuple):
    """A row of `lanes`, and up to which intent its origin took back what it asked."""

    lane_id: int
    origin: str
    origin_id: int
    channel: str
    purpose: str
    topic: str
    content_id: int
    content_version: int
    priority: int
    cost_minor: int
    up_to: int = 0
    template: str = ""


@dataclass(frozen=True)
class Wish:
    """Intents before anything is known about their people; one element an intent. `person` is any id they ever had."""

    intent: Ints
    person: Ints
    lane_id: Ints
    is_control: Bools
    due: Ints
    expires: Ints


@dataclass(frozen=True)
class Loaded:
    """A batch ready to be decided. `people` are the current persons that `batch.who` numbers; `members` all their identifiers."""

    batch: Batch
    touches: Touches
    lanes: tuple[Lane, ...]
    people: Ints
    members: Ints
    member_who: Ints

    def person(self, rows: Ints) -> Ints:
        """Today's person of some rows of the batch."""
        return self.people[self.batch.who[rows]]


def load(
    conn: Connection, wish: Wish, rules: GateRules, brand_zone: str, now: int, *, is_claim: bool, made_up: Sequence[Lane] = ()
) -> Loaded:
    """Read what there is to know. `made_up` are lanes that are not in the database: of a forecast."""
    channels_kinds = sorted(set(rules.addresses.values()))
    ids, person, kind, flaw = fetch(conn, Q.see_members, {"ids": np.unique(wish.person), "kinds": channels_kinds})
    order = np.argsort(ids)
    ids, person, kind, flaw = ids[order], person[order], kind[order], flaw[order]
    people, member_who = np.unique(person, return_inverse=True)
    who = _look_up(ids, member_who, wish.person, -1)

    asked = _lanes(conn, np.unique(wish.lane_id), made_up)[1] if rules.windows else ()
    wanted = sorted({row.channel for row in asked})
    back = windows.reach(rules, wanted)
    longest = max([cap.window for cap in rules.caps] + [rules.same_topic, timedelta(seconds=1), back])
    touch_intent, touch_person, touch_lane, touch_at, is_waiting = fetch(
        conn, Q.see_touches, {"ids": ids, "now": moment(now), "since": moment(now) - longest, "is_claim": is_claim}
    )
    lane_ids, lane_rows = _lanes(conn, np.union1d(wish.lane_id, touch_lane), made_up)
    lanes = _as_columns(lane_rows)
    up_to = np.array([row.up_to for row in lane_rows], dtype=np.int64)
    lane = np.searchsorted(lane_ids, wish.lane_id)
    n_people = len(people)

    has_yes, has_no = _consents(conn, lane_rows, lane, who, ids, member_who, n_people, rules.contact_is_consent)
    batch = Batch(
        lanes=lanes,
        zones=(brand_zone, *(zones := _zones(conn, people, rules))[0]),
        intent=wish.intent,
        who=who,
        lane=lane,
        due=wish.due,
        expires=wish.expires,
        zone=zones[1][who] if n_people else np.zeros(len(who), dtype=np.int64),
        address=_addresses(rules, channels_kinds, lanes, lane, who, kind, flaw, member_who, n_people),
        is_taken_back=wish.intent <= up_to[lane],
        is_control=_controls(conn, wish, rules, lanes, lane_ids, lane_rows, lane, who, ids, member_who, people),
        has_yes=has_yes,
        has_no=has_no,
        openings=openings.look(
            conn, rules, wanted, {(row.channel, row.template) for row in asked}, lanes.templates, ids, member_who, n_people, now
        ),
        spent_until=_spent(conn, lanes, lane, who, ids, member_who, n_people, now),
    )
    touch_place = np.searchsorted(lane_ids, touch_lane)
    # what perhaps went out before does not stand in its own way, and what was taken back in nobody's
    touch_who = _look_up(ids, member_who, touch_person, -1)
    counts = (touch_who >= 0) & ~np.isin(touch_intent, wish.intent) & ~(is_waiting & (touch_intent <= up_to[touch_place]))
    touches = Touches(touch_who[counts], touch_place[counts], touch_at[counts])
    return Loaded(batch, touches, lane_rows, people, ids, member_who)


def _look_up(keys: Ints, values: Ints, wanted: Ints, missing: int) -> Ints:
    """`values` beside the sorted `keys`, for each of `wanted`."""
    if not len(keys):
        return np.full(len(wanted), missing, dtype=np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], missing)


def _lanes(conn: Connection, lane_ids: Ints, made_up: Sequence[Lane]) -> tuple[Ints, tuple[Lane, ...]]:
    rows = [Lane(*row) for row in conn.execute(Q.see_lanes, {"lane_ids": lane_ids.tolist()})]
    found = sorted([*rows, *made_up])
    return np.array([row.lane_id for row in found], dtype=np.int64), tuple(found)


def _as_columns(rows: Sequence[Lane]) -> Lanes:
    channels, channel = _numbered([row.channel for row in rows])
    purposes, purpose = _numbered([row.purpose for row in rows])
    topics, topic = _numbered([row.topic for row in rows])
    templates, template = _numbered(["", *(row.template for row in rows)])
    _, message = _numbered([(row.origin, row.origin_id, row.channel, row.content_id) for row in rows])
    return Lanes(
        channels=channels,
        channel=channel,
        purposes=purposes,
        purpose=purpose,
        topic=np.where(np.array([topics[number] != "" for number in topic], dtype=np.bool_), topic + 1, 0),
        message=message,
        priority=np.array([row.priority for row in rows], dtype=np.int64),
        cost=np.array([row.cost_minor for row in rows], dtype=np.int64),
        templates=templates,
        template=template[1:],
    )


def _numbered(names: Sequence[Any]) -> tuple[tuple[Any, ...], Ints]:
    """Each name once, and the number of each in that list."""
    known = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return tuple(known), np.array([known[name] for name in names], dtype=np.int64)


def _consents(
    conn: Connection,
    lane_rows: Sequence[Lane],
    lane: Ints,
    who: Ints,
    ids: Ints,
    member_who: Ints,
    n_people: int,
    by_contact: Sequence[str],
) -> tuple[Bools, Bools]:
    """Whether each row's person said yes, and whether under any name the last word is no: the no under one name outweighs a yes under
    another (docs/gate.md)."""
    pairs, pair = _numbered([(row.channel, row.purpose) for row in lane_rows])
    used = sorted({int(number) for number in np.unique(pair[lane])}) if len(lane) else []
    heard = see_place(conn, HEARER)  # read first: what is taken in between here and there is then seen twice, not missed
    subject, number, is_given, at = fetch(
        conn,
        Q.see_consents,
        {
            "ids": ids,
            "channels": [pairs[n][0] for n in used],
            "purposes": [pairs[n][1] for n in used],
            "types": WITHDRAWING,
            "by_contact": list(by_contact),
            "xid": str(heard.xid),
            "seq": heard.seq,
        },
    )
    yes = np.zeros((len(pairs), n_people + 1), dtype=np.bool_)  # the last column is nobody's
    no = np.zeros_like(yes)
    if len(subject):
        order = np.lexsort((~is_given, at, number, subject))  # the last of a group is its latest word, a no after a yes of one moment
        subject, number, is_given = subject[order], number[order], is_given[order]
        is_last = np.r_[(subject[1:] != subject[:-1]) | (number[1:] != number[:-1]), True]
        subject, number, is_given = subject[is_last], np.array(used, dtype=np.int64)[number[is_last] - 1], is_given[is_last]
        owner = _look_up(ids, member_who, subject, -1)
        yes[number[is_given], owner[is_given]] = True
        no[number[~is_given], owner[~is_given]] = True
    of_row = pair[lane] if len(lane) else lane
    return yes[of_row, who] & (who >= 0), no[of_row, who] & (who >= 0)


def _spent(conn: Connection, lanes: Lanes, lane: Ints, who: Ints, ids: Ints, member_who: Ints, n_people: int, now: int) -> Ints:
    """Until when the platform takes nothing more for each row's person, under any name; NEVER where it does."""
    until = np.full((len(lanes.channels) + 1, n_people + 1), NEVER)
    subject, channel, spent = fetch(conn, Q.see_spent, {"ids": ids, "channels": list(lanes.channels), "now": moment(now)})
    if len(subject):
        np.maximum.at(until, (channel - 1, _look_up(ids, member_who, subject, -1)), spent)
    until[:, -1] = NEVER  # nobody's
    found: Ints = until[lanes.channel[lane], who] if len(lane) else lane
    return found


def _zones(conn: Connection, people: Ints, rules: GateRules) -> tuple[tuple[str, ...], Ints]:
    """The zones besides the brand's, and the number of each person's (0 = the brand's)."""
    number = np.zeros(len(people), dtype=np.int64)
    if (rules.quiet is None and not rules.nights) or not len(people):
        return (), number
    person, named = fetch(conn, Q.see_zones, {"person_ids": people, "trait": rules.zone_trait})
    names = [str(name) for name in named]
    good = [quiet.is_zone(name) for name in names]
    known = {name: n + 1 for n, name in enumerate(sorted({name for name, is_good in zip(names, good, strict=True) if is_good}))}
    if known:
        number[np.searchsorted(people, person[good])] = [known[name] for name, is_good in zip(names, good, strict=True) if is_good]
    return tuple(known), number


def _addresses(
    rules: GateRules,
    kinds: list[str],
    lanes: Lanes,
    lane: Ints,
    who: Ints,
    kind: Ints,
    flaw: Ints,
    member_who: Ints,
    n_people: int,
) -> Ints:
    """Per row: 0 where the channel needs no address or there is a usable one, else the number of the code that says what is wrong."""
    best = np.full((len(kinds) + 1, n_people + 1), _NOT_THERE, dtype=np.int64)
    np.minimum.at(best, (kind, member_who), flaw)
    best[0] = 0  # kind 0: none is needed
    needed = np.array([kinds.index(rules.addresses[c]) + 1 if c in rules.addresses else 0 for c in lanes.channels], dtype=np.int64)
    codes = np.array([_ADDRESS.get(n, 0) for n in range(_NOT_THERE + 1)], dtype=np.int64)
    return codes[best[needed[lanes.channel[lane]], who]] if len(lane) else lane


def _controls(
    conn: Connection,
    wish: Wish,
    rules: GateRules,
    lanes: Lanes,
    lane_ids: Ints,
    lane_rows: Sequence[Lane],
    lane: Ints,
    who: Ints,
    ids: Ints,
    member_who: Ints,
    people: Ints,
) -> Bools:
    """Held out by the asker, under another name of the same person in the same origin, or with everybody's control group."""
    held = wish.is_control.copy()
    batch_lanes = np.unique(wish.lane_id)
    person, at_lane = fetch(conn, Q.see_controls, {"ids": ids, "lane_ids": batch_lanes})
    if len(person):
        by_id = {row.lane_id: (row.origin, row.origin_id) for row in lane_rows}
        origins, origin = _numbered([(row.origin, row.origin_id) for row in lane_rows])
        known = {name: number for number, name in enumerate(origins)}
        missing = [n for n in np.unique(at_lane).tolist() if n not in by_id]
        by_id |= {row[0]: (row[1], row[2]) for row in conn.execute(Q.see_lanes, {"lane_ids": missing})} if missing else {}
        named = {n: known[by_id[n]] for n in np.unique(at_lane).tolist()}
        is_out = np.zeros((len(origins), len(people) + 1), dtype=np.bool_)
        is_out[[named[n] for n in at_lane.tolist()], _look_up(ids, member_who, person, -1)] = True
        is_out[:, -1] = False
        held |= is_out[origin[lane], who]
    if rules.control_share > 0 and len(people):
        most = round(rules.control_share * _BUCKETS)
        drawn = np.fromiter((bucket_of(rules.control_salt, p, _BUCKETS) < most for p in people.tolist()), dtype=np.bool_, count=len(people))
        held |= np.r_[drawn, False][who] & lanes.serves(rules.control_purposes)[lane]
    return held
