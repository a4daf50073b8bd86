"""Bugs planted in the gate, one at a time: the law that must notice does.

A bug lives here only, as a change of a function or of a query's text; no switch for it stands in the program. Where a second layer of
the gate would hide a bug, the law that is asked looks behind that layer. docs/gate.md lists the bugs with the law that caught each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.gate.laws import LAWS, Stage

from siyu.base.clock import StillClock
from siyu.base.cursor import Place
from siyu.base.db import Connection
from siyu.base.ground import Ground
from siyu.gate import caps, claiming, flow, load, locking, quiet, windows, withdrawing
from siyu.gate.columns import span
from siyu.gate.decide import Batch, Touches, Verdicts
from siyu.gate.store import Q

Plant = Callable[[pytest.MonkeyPatch, Ground], None]


@dataclass(frozen=True)
class Bug:
    """What goes wrong, how it is planted, which law notices."""

    what: str
    plant: Plant
    law: str


def in_query(name: str, old: str, new: str) -> Plant:
    """Change a query's text; fails when the text to change is gone, so that a bug cannot rot into none."""

    def plant(patch: pytest.MonkeyPatch, _: Ground) -> None:
        text = Q.texts[name]
        assert old in text, f"{name} has changed: plant the bug anew"
        patch.setitem(Q.texts, name, text.replace(old, new))

    return plant


def all_of(*plants: Plant) -> Plant:
    """Several changes that are one bug together."""

    def plant(patch: pytest.MonkeyPatch, ground: Ground) -> None:
        for one in plants:
            one(patch, ground)

    return plant


def no_shard_locks(patch: pytest.MonkeyPatch, _: Ground) -> None:
    patch.setattr(locking, "lock_shards", lambda conn, shards: None)


def no_lock_on_a_no(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """Without the rows of waiting permits, which a claim locks too and which would hide it."""
    patch.setattr(withdrawing, "lock_people", lambda conn, people: None)
    in_query("waiting_of_person", "and q.state = 'waiting'", "and false")(patch, ground)


def no_channel_lock(patch: pytest.MonkeyPatch, _: Ground) -> None:
    patch.setitem(Q.texts, "lock_channel", "select %(name)s::text")


def no_budget_lock(patch: pytest.MonkeyPatch, _: Ground) -> None:
    patch.setitem(Q.texts, "lock_channel", "select pg_advisory_xact_lock(7320, hashtext(%(name)s)) where %(name)s <> 'budgets'")


def calendar_days(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """Windows that begin at midnight in Shanghai instead of sliding."""

    def crowded(keys: Any, mine: Any, n: int, window: int) -> Any:
        day, shift = span(timedelta(days=1)), span(timedelta(hours=8))
        if not len(keys):
            return np.full(len(mine), n == 0)
        # keys are a person's stretch plus a moment; the day of each is found with its stretch taken off
        room = crowded.ruler.room  # type: ignore[attr-defined]

        def days(key: Any) -> Any:
            return key // room, ((key % room) + crowded.ruler.low + shift) // day  # type: ignore[attr-defined]

        (who, on), (its, was_on) = days(mine), days(keys)
        many = ((who[:, None] == its[None, :]) & (on[:, None] == was_on[None, :])).sum(axis=1)
        return many >= n

    real = caps.ruler

    def ruler(*args: Any) -> caps.Ruler:
        crowded.ruler = real(*args)  # type: ignore[attr-defined]
        return crowded.ruler  # type: ignore[attr-defined, no-any-return]

    patch.setattr(caps, "ruler", ruler)
    patch.setattr(caps, "is_crowded", crowded)


def no_second_look(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """A claim that trusts the first answer."""

    def trusting(batch: Batch, touches: Touches, rules: Any, now: int, *, is_claim: bool = False) -> Verdicts:
        n = len(batch.intent)
        none = np.full(n, -1, dtype=np.int64)
        return Verdicts(np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_), np.full(n, now), none, none.copy())

    patch.setattr(claiming, "decide", trusting)


def one_is_too_many_later(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """An off by one in the window's neighbours."""
    real = caps.is_crowded
    patch.setattr(caps, "is_crowded", lambda keys, mine, n, window: real(keys, mine, n + 1, window))


def batch_counts_nobody(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """Two intents for one person in one batch do not see each other."""
    from siyu.gate import decide

    patch.setattr(decide._Diary, "note", lambda self, rows, at: None)


def open_for_ever(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """A channel that was opened once stays open."""
    patch.setattr(
        windows, "is_open", lambda opening, who, at, counted: (opening.until[who] > -windows.NEVER_ENDS) & (counted < opening.allowed[who])
    )


def one_more_than_allowed(patch: pytest.MonkeyPatch, _: Ground) -> None:
    patch.setattr(windows, "is_open", lambda opening, who, at, counted: (at < opening.until[who]) & (counted <= opening.allowed[who]))


def no_window_in_the_claim(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """A claim that trusts what was open when it was asked."""
    real = claiming.decide
    patch.setattr(claiming, "decide", lambda batch, *rest, **more: real(replace(batch, openings=()), *rest, **more))


def no_unique_key(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    with ground.db.tx() as conn:
        conn.execute("alter table intent_log drop constraint intent_log_key_key")
    in_query("ask", "on conflict (key) do nothing", "")(patch, ground)


def place_of_its_own(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """The place in the log is committed by itself."""

    def keep(conn: Connection, reader: str, place: Place) -> None:
        with ground.db.autocommit() as other:
            other.execute("create table if not exists elsewhere (xid xid8, seq bigint)")
            other.execute("truncate elsewhere")
            other.execute("insert into elsewhere values (%s::text::xid8, %s)", [str(place.xid), place.seq])

    def take(conn: Connection, reader: str) -> Place | None:
        with ground.db.autocommit() as other:
            row = other.execute("select to_regclass('elsewhere') is not null").fetchone()
            row = other.execute("select xid::text, seq from elsewhere").fetchone() if row and row[0] else None
        return Place(int(row[0]), int(row[1])) if row else Place(0, 0)

    patch.setattr(flow, "keep_place", keep)
    patch.setattr(flow, "take_place", take)


def night_in_utc(patch: pytest.MonkeyPatch, _: Ground) -> None:
    real = quiet.after
    patch.setattr(quiet, "after", lambda due, zone, zones, hours: real(due, zone, ("UTC",) * len(zones), hours))


def night_of_one_offset(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """Today's offset, whatever the clocks do tomorrow: an hour off after every change."""
    offsets: dict[str, int] = {}
    real = quiet._offset
    patch.setattr(quiet, "_offset", lambda zone, at: offsets.setdefault(zone.key, real(zone, at)))
    quiet._on.cache_clear()


def night_of_the_brand(patch: pytest.MonkeyPatch, _: Ground) -> None:
    patch.setattr(load, "_zones", lambda conn, people, rules: ((), np.zeros(len(people), dtype=np.int64)))


def night_once_only(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """Quiet hours are looked at when it is asked, not when it is claimed."""
    real = claiming.decide
    patch.setattr(claiming, "decide", lambda batch, touches, rules, now, is_claim: real(batch, touches, replace(rules, quiet=None), now))


def controls_leak(patch: pytest.MonkeyPatch, _: Ground) -> None:
    patch.setattr(load, "_controls", lambda conn, wish, *others: np.zeros(len(wish.intent), dtype=np.bool_))


def first_name_only(patch: pytest.MonkeyPatch, _: Ground) -> None:
    """The lock of a claim covers the id that stands in the permit, not every id of the person."""
    patch.setitem(Q.texts, "see_shards", "select coalesce(array_agg(distinct id %% 64), '{}') from unnest(%(ids)s::bigint[]) as id")
    patch.setattr(claiming, "_is_held", lambda loaded, held: np.ones(len(loaded.batch.intent), dtype=np.bool_))


COUNTED = "state in ('claimed', 'sent', 'unknown')"
EVERY_NAME = "m.person_id = any(array(select distinct i.person_id from identifiers i where i.identifier_id = any(%(ids)s::bigint[])))"
SETTLED = "xid < pg_snapshot_xmin(pg_current_snapshot())"
NOT_TAKEN_BACK = "q.intent_id > coalesce(t.up_to, 0)"

BUGS = [
    Bug("the shards are not locked", no_shard_locks, "caps_hold_in_a_race"),
    Bug("the lock covers one id of a person instead of all", first_name_only, "a_merge_finds_no_gap"),
    Bug("a no does not wait for the shard", no_lock_on_a_no, "a_no_waits_for_who_is_claiming"),
    Bug("one channel is claimed by several at once", no_channel_lock, "quotas_hold"),
    Bug("channels that share a budget claim at once", no_budget_lock, "budgets_hold"),
    Bug("reservations are not counted", in_query("see_touches", "(state = 'waiting' and not", "(false and not"), "plans_keep_the_caps"),
    Bug("two of one batch do not count each other", batch_counts_nobody, "plans_keep_the_caps"),
    Bug("windows are calendar days", calendar_days, "a_day_is_any_day"),
    Bug("a window is one message too wide", one_is_too_many_later, "caps_hold_over_time"),
    Bug("only what was sent counts", in_query("see_touches", COUNTED, "state = 'sent'"), "what_is_under_way_counts"),
    Bug(
        "unknown outcomes do not count",
        in_query("see_touches", COUNTED, "state in ('claimed', 'sent')"),
        "an_unknown_is_not_sent_again",
    ),
    Bug("a claim trusts the first answer", no_second_look, "a_no_since_the_yes_is_heard"),
    Bug(
        "a withdrawal is heard only when it is folded",
        in_query("see_consents", "f.subject is not null", "false"),
        "a_no_is_heard_before_any_fold",
    ),
    Bug(
        "unfolded facts are read only as far as the log's readers may go",
        in_query("see_consents", "f.subject is not null", f"f.subject is not null and f.{SETTLED}"),
        "a_no_is_heard_before_any_fold",
    ),
    Bug("held-out people are not looked up", controls_leak, "held_out_people_get_nothing"),
    Bug("held out under another name is not held out", in_query("see_controls", "i.is_control", "false"), "held_out_people_get_nothing"),
    Bug(
        "a merge forgets the other names",
        in_query("see_members", EVERY_NAME, "m.identifier_id = any(%(ids)s::bigint[])"),
        "two_names_are_one_person",
    ),
    Bug("quiet hours are read in UTC", night_in_utc, "nobody_is_woken"),
    Bug("quiet hours keep the offset of the first day", night_of_one_offset, "nobody_is_woken"),
    Bug("quiet hours are the brand's for everybody", night_of_the_brand, "nobody_is_woken"),
    Bug("quiet hours are not looked at in the claim", night_once_only, "nobody_is_woken"),
    Bug(
        "a channel stays open for ever",
        all_of(open_for_ever, in_query("see_deeds", "f.occurred_at > r.since", "f.occurred_at > '-infinity'")),
        "nobody_is_written_to_unopened",
    ),
    Bug("a window lets one more through", one_more_than_allowed, "nobody_is_written_to_unopened"),
    Bug(
        "a press of a button opens as much as a message",
        in_query("see_deeds", "= r.is_press", "is not null"),
        "nobody_is_written_to_unopened",
    ),
    Bug("windows are not looked at in the claim", no_window_in_the_claim, "nobody_is_written_to_unopened"),
    Bug("the key of an intent is not unique", no_unique_key, "asked_twice_is_once"),
    Bug("the reader does not stop at running transactions", in_query("take_intents", f"and {SETTLED}", ""), "a_late_commit_is_judged"),
    Bug("the place is committed without the answers", place_of_its_own, "answers_and_place_move_together"),
    Bug("a stale token is accepted", in_query("settle", "q.token = w.token and", ""), "a_late_worker_is_fenced"),
    Bug("the token does not grow", in_query("lease", "token = q.token + 1", "token = 1"), "a_late_worker_is_fenced"),
    Bug(
        "a lease that ran out is sent again",
        in_query("end_leases", "l.channel = any(%(idempotent)s::text[])", "%(idempotent)s::text[] is not null"),
        "an_unknown_is_not_sent_again",
    ),
    Bug(
        "an origin on hold is claimed from",
        all_of(
            *(
                in_query(name, "where h.origin = l.origin", "where false and h.origin = l.origin")
                for name in ("take_due", "retake_due", "see_due_lanes")
            )
        ),
        "who_is_stopped_waits",
    ),
    Bug(
        "what was taken back is still given out",
        all_of(
            in_query("take_due", NOT_TAKEN_BACK, "true"),
            in_query("retake_due", NOT_TAKEN_BACK, "true"),
            in_query("see_lanes", "coalesce(t.up_to, 0)", "0::bigint"),
        ),
        "who_is_stopped_waits",
    ),
]


@pytest.mark.parametrize("bug", BUGS, ids=[bug.what for bug in BUGS])
def test_the_law_notices(
    bug: Bug, ground: Ground, another_ground: Callable[[], Ground], clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        bug.plant(patch, ground)
        with pytest.raises(AssertionError):
            LAWS[bug.law](Stage(ground, another_ground, clock, monkeypatch))
    quiet._on.cache_clear()


def test_there_is_a_bug_for_every_law() -> None:
    """A law that no bug breaks proves nothing; the pure rules have bugs of their own in tests/gate."""
    assert {bug.law for bug in BUGS} | {"caps_hold_over_time"} == set(LAWS)


def test_the_documentation_lists_the_bugs() -> None:
    told = (Path(__file__).parents[2] / "docs" / "gate.md").read_text("utf-8")
    missing = [bug.what for bug in BUGS if f"| {bug.what} | `{bug.law}` |" not in told]
    assert not missing, missing
