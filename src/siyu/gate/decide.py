"""The decision: a batch of intents, what is known about their people, the rules, the time -> an answer for each. Pure.

The rules are asked in the order of `words.Code`; the first no stands. Rules about the person and the moment come first; then the time is
found at which it could go (quiet hours, patient caps), and at that time topics and caps are counted, over what was sent, what is on its
way, and what waits. Two intents for one person in one batch count each other: the higher priority first, then the earlier.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from siyu.gate import caps, quiet, windows
from siyu.gate.columns import NEVER, Bools, Ints, span
from siyu.gate.windows import Opening
from siyu.gate.words import Cap, Code, Deed, GateRules, QuietHours

NUMBER = {code: number for number, code in enumerate(Code)}
_MOST_MOVES = 16  # a message that quiet hours and patient caps push to and fro more often than this is refused


@dataclass(frozen=True)
class Lanes:
    """What intents and touches of a batch have in common; one element a lane. Names are numbers: `channels[channel[lane]]`."""

    channels: tuple[str, ...]
    channel: Ints
    purposes: tuple[str, ...]
    purpose: Ints
    topic: Ints  # 0 = none
    message: Ints  # same origin, channel and content
    priority: Ints
    cost: Ints
    templates: tuple[str, ...] = ("",)
    template: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))  # 0 = none

    def fits(self, channel: str | None, purpose: str | None) -> Bools:
        """Which lanes are of this channel and purpose; None = any."""
        found: Bools = np.ones(len(self.channel), dtype=np.bool_)
        if channel is not None:
            found &= self.channel == _index(self.channels, channel)
        if purpose is not None:
            found &= self.purpose == _index(self.purposes, purpose)
        return found

    def serves(self, purposes: tuple[str, ...]) -> Bools:
        """Which lanes are of one of these purposes."""
        wanted = np.array([_index(self.purposes, purpose) for purpose in purposes], dtype=np.int64)
        found: Bools = np.isin(self.purpose, wanted)
        return found


@dataclass(frozen=True)
class Batch:
    """Intents and what is known of their people; one element an intent."""

    lanes: Lanes
    zones: tuple[str, ...]
    intent: Ints
    who: Ints  # 0, 1, 2... : today's people of this batch; -1 = nobody has this id
    lane: Ints
    due: Ints  # not before
    expires: Ints
    zone: Ints
    address: Ints  # 0 = there is one, or none is needed; else the number of the code that says why not
    is_taken_back: Bools
    is_control: Bools
    has_yes: Bools
    has_no: Bools
    openings: tuple[Opening, ...] = ()  # of every rule of `rules.windows` about a channel of this batch
    spent_until: Ints | None = None  # the platform takes nothing more for this person by this channel until then; NEVER = it does


@dataclass(frozen=True)
class Touches:
    """What counts against the people of the batch: one element a message that was, may have been, or is to be sent."""

    who: Ints
    lane: Ints
    at: Ints


@dataclass(frozen=True)
class Verdicts:
    """An answer for each intent of the batch.

    `waits`: a yes, but not before `at`, because of `code`. A plain yes has the code of `permit`. For a no, `at` is when the same question
    may find a yes, NEVER where that is not known. `cap` is the number of the cap that was full, `other` the channel of
    the same topic (of a credit, the template); -1 where there is none. Beyond the caps, `cap` is the number of a window, and beyond those
    of a night (`described`).
    """

    code: Ints
    waits: Bools
    at: Ints
    cap: Ints
    other: Ints

    @property
    def is_yes(self) -> Bools:
        """Which get a permit."""
        yes: Bools = self.waits | (self.code == NUMBER[Code.PERMIT])
        return yes


def decide(batch: Batch, touches: Touches, rules: GateRules, now: int, *, is_claim: bool = False) -> Verdicts:
    """Answer a batch. In a claim every cap is patient: who had a yes may wait for it."""
    n = len(batch.intent)
    out = Verdicts(
        code=_standing(batch, rules, now),
        waits=np.zeros(n, dtype=np.bool_),
        at=np.maximum(batch.due, now),
        cap=np.full(n, -1, dtype=np.int64),
        other=np.full(n, -1, dtype=np.int64),
    )
    open_ = np.flatnonzero(out.code == NUMBER[Code.PERMIT])
    if len(open_):
        diary = _Diary.of(batch, touches, rules, now, open_)
        order = open_[np.lexsort((batch.intent[open_], batch.due[open_], -batch.lanes.priority[batch.lane[open_]], batch.who[open_]))]
        turns = _turns(batch.who[order])
        last = int(turns.max())
        for turn in range(last + 1):
            rows = order[turns == turn]
            _settle(batch, diary, rules, rows, out, is_claim)
            if turn < last:
                diary.note(rows[out.is_yes[rows]], out.at)
    out.at[~out.is_yes & (out.code != NUMBER[Code.CAPPED])] = NEVER
    if batch.spent_until is not None:
        full = (out.code == NUMBER[Code.QUOTA]) & (batch.spent_until > now)
        out.at[full] = batch.spent_until[full]
    return out


def _standing(batch: Batch, rules: GateRules, now: int) -> Ints:
    """The rules that need no clock but the present moment's."""
    lanes, lane = batch.lanes, batch.lane
    needs_yes = lanes.serves(rules.need_consent)[lane]
    closed = np.zeros(len(lanes.channel), dtype=np.bool_)
    for quota in rules.quotas:
        closed |= lanes.fits(quota.channel, None) & (quota.n == 0)
    dear = np.zeros(len(lanes.channel), dtype=np.bool_)
    for budget in rules.budgets:
        dear |= lanes.fits(budget.channel, budget.purpose) & (lanes.cost > budget.limit_minor)
    due = np.maximum(batch.due, now)
    spent = np.zeros(len(lane), dtype=np.bool_) if batch.spent_until is None else batch.spent_until > due
    asked: list[tuple[Bools, Code]] = [
        (batch.is_taken_back, Code.WITHDRAWN),
        (batch.who < 0, Code.UNKNOWN_PERSON),
        (due >= batch.expires, Code.EXPIRED),
        (batch.is_control, Code.HOLDOUT),
        (batch.has_no, Code.UNSUBSCRIBED),
        (needs_yes & ~batch.has_yes, Code.NO_CONSENT),
        (batch.address == NUMBER[Code.NO_ADDRESS], Code.NO_ADDRESS),
        (batch.address == NUMBER[Code.SUPPRESSED], Code.SUPPRESSED),
        (batch.address == NUMBER[Code.UNREACHABLE], Code.UNREACHABLE),
        (closed[lane] | spent, Code.QUOTA),
        (dear[lane], Code.BUDGET),
    ]
    code = np.zeros(len(lane), dtype=np.int64)
    for is_no, why in reversed(asked):
        code[is_no] = NUMBER[why]
    return code


@dataclass
class _Diary:
    """What counts for each rule, as sorted keys; it grows as the batch is answered."""

    batch: Batch
    ruler: caps.Ruler
    counted: list[tuple[Bools, Ints]]  # for each cap: the lanes that it counts, and the keys of what it counts
    keys: Ints
    lane: Ints  # of each key
    is_watched: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))  # lanes under the rule of topics
    low: int = 0  # the earliest moment that the ruler can show

    @classmethod
    def of(cls, batch: Batch, touches: Touches, rules: GateRules, now: int, rows: Ints) -> _Diary:
        back = [span(rules.windows[o.rule].within) for o in batch.openings]
        margin = max([span(c.window) for c in rules.caps] + [span(rules.same_topic), 1] + back)
        first, last = min(now, int(batch.due[rows].min())), int(batch.expires[rows].max())
        near = (touches.at > first - margin) & (touches.at < last + margin)
        who, lane, at = touches.who[near], touches.lane[near], touches.at[near]
        ruler = caps.ruler(int(batch.who.max()) + 1, first - margin, last + margin, margin)
        keys = ruler.keys(who, at)
        order = np.argsort(keys, kind="stable")
        keys, lane = keys[order], lane[order]
        fits = [batch.lanes.fits(cap.channel, cap.purpose) for cap in rules.caps]
        watched = batch.lanes.serves(rules.same_topic_purposes) & bool(rules.same_topic)
        return cls(batch, ruler, [(fit, keys[fit[lane]]) for fit in fits], keys, lane, watched, first - margin)

    def note(self, rows: Ints, at: Ints) -> None:
        """Count these rows of the batch, as of `at`, for those who come after."""
        lane = self.batch.lane[rows]
        keys = self.ruler.keys(self.batch.who[rows], at[rows])
        self.counted = [(fit, caps.add(known, keys[fit[lane]])) for fit, known in self.counted]
        merged = np.concatenate([self.keys, keys])
        order = np.argsort(merged, kind="stable")
        self.keys, self.lane = merged[order], np.concatenate([self.lane, lane])[order]


def _turns(who: Ints) -> Ints:
    """For people in sorted order: how many of the same person came before."""
    starts = np.flatnonzero(np.r_[True, who[1:] != who[:-1]])
    return np.arange(len(who)) - np.repeat(starts, np.diff(np.r_[starts, len(who)]))


def _settle(batch: Batch, diary: _Diary, rules: GateRules, rows: Ints, out: Verdicts, is_claim: bool) -> None:
    """Find the time for rows of different people, or the reason why there is none."""
    for _ in range(_MOST_MOVES):
        rows = _out_of_quiet(batch, rules, rows, out)
        rows = _within_windows(batch, diary, rules, rows, out)
        rows = _without_twins(batch, diary, rules, rows, out)
        rows = _under_caps(batch, diary, rules, rows, out, is_claim)
        if not len(rows):
            return
    out.code[rows], out.waits[rows] = NUMBER[Code.CAPPED], False


def _out_of_quiet(batch: Batch, rules: GateRules, rows: Ints, out: Verdicts) -> Ints:
    hours: list[tuple[int | None, QuietHours]] = [(None, rules.quiet)] if rules.quiet is not None else []
    hours += [(number, night.hours) for number, night in enumerate(rules.nights) if night.channel in batch.lanes.channels]
    is_any = False
    for _ in range(len(hours)):  # out of one night may be into another's
        is_still = True
        for night, quiet_hours in hours if len(rows) else ():
            fits = batch.lanes.serves(quiet_hours.purposes)
            if night is not None:
                fits &= batch.lanes.fits(rules.nights[night].channel, None)
            mine = rows[fits[batch.lane[rows]]]
            moved = quiet.after(out.at[mine], batch.zone[mine], batch.zones, quiet_hours)
            late = moved > out.at[mine]
            if late.any():
                if night is not None:
                    new = mine[late & ~out.waits[mine]]
                    out.cap[new] = len(rules.caps) + len(rules.windows) + night
                _move(out, mine[late], moved[late], Code.QUIET)
                is_any, is_still = True, False
        if is_still:
            break
    if not is_any:
        return rows
    over = rows[out.at[rows] >= batch.expires[rows]]
    out.code[over], out.waits[over] = NUMBER[Code.QUIET], False
    return rows[out.at[rows] < batch.expires[rows]]


def _within_windows(batch: Batch, diary: _Diary, rules: GateRules, rows: Ints, out: Verdicts) -> Ints:
    """Refuse what goes by a channel that the customer has not opened, or whose messages are used up."""
    if not batch.openings or not len(rows):
        return rows
    lane, who, at = batch.lane[rows], batch.who[rows], out.at[rows]
    is_bound, is_open = np.zeros(len(rows), dtype=np.bool_), np.zeros(len(rows), dtype=np.bool_)
    number = np.full(len(rows), -1, dtype=np.int64)
    ends = (who + 1) * diary.ruler.room
    for opening in batch.openings:
        fit = counts = batch.lanes.fits(rules.windows[opening.rule].channel, None)
        if opening.template >= 0:  # what names no template counts against all of the channel's
            fit = fit & (batch.lanes.template == opening.template)
            counts = fit if opening.template else counts
        known = diary.keys[counts[diary.lane]]
        begins = diary.ruler.keys(who, np.maximum(opening.since[who], diary.low))
        counted = np.searchsorted(known, ends) - np.searchsorted(known, np.minimum(begins, ends))
        mine = fit[lane]
        number[mine & ~is_bound] = opening.rule
        is_bound |= mine
        is_open |= mine & windows.is_open(opening, who, at, counted)
    no = is_bound & ~is_open
    refused = rows[no]
    by_credit = np.array([window.after is Deed.ACCEPT for window in rules.windows])[number[no]]
    out.code[refused] = np.where(by_credit, NUMBER[Code.CREDIT], NUMBER[Code.WINDOW])
    out.waits[refused] = False
    out.cap[refused] = len(rules.caps) + number[no]
    if len(batch.lanes.template):
        out.other[refused] = np.where(by_credit, batch.lanes.template[lane[no]], -1)
    return rows[~no]


def _without_twins(batch: Batch, diary: _Diary, rules: GateRules, rows: Ints, out: Verdicts) -> Ints:
    """Refuse what says the same as something near in time: the same topic by another channel, or this very message again."""
    lanes = batch.lanes
    mine = rows[diary.is_watched[batch.lane[rows]]]
    if not len(mine) or not len(diary.keys):
        return rows
    near = span(rules.same_topic)
    keys = diary.ruler.keys(batch.who[mine], out.at[mine])
    first = np.searchsorted(diary.keys, keys - near, side="right")
    many = np.searchsorted(diary.keys, keys + near, side="left") - first
    if not many.any():
        return rows
    pair = np.repeat(np.arange(len(mine)), many)  # each row beside each touch near it
    touch = np.arange(len(pair)) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first, many)
    own, its = batch.lane[mine][pair], diary.lane[touch]
    is_topic = (lanes.topic[own] == lanes.topic[its]) & (lanes.topic[own] > 0) & (lanes.channel[own] != lanes.channel[its])
    is_same = lanes.message[own] == lanes.message[its]
    no = np.zeros(len(batch.intent), dtype=np.bool_)
    for hit, why in ((is_same, Code.REPEATED), (is_topic, Code.DUPLICATE)):  # of two reasons the first in the order of codes stands
        refused = mine[pair[hit]]
        out.code[refused], out.waits[refused] = NUMBER[why], False
        out.other[refused] = lanes.channel[its[hit]]
        no[refused] = True
    return rows[~no[rows]]


def _under_caps(batch: Batch, diary: _Diary, rules: GateRules, rows: Ints, out: Verdicts, is_claim: bool) -> Ints:
    """Refuse what a cap has no room for, or move it to where there is room; gives the moved, which must be looked at again."""
    moved = np.zeros(len(rows), dtype=np.bool_)
    is_open = np.ones(len(rows), dtype=np.bool_)
    for number, (cap, (fit, known)) in enumerate(zip(rules.caps, diary.counted, strict=True)):
        looked = np.flatnonzero(is_open & fit[batch.lane[rows]])
        who = batch.who[rows[looked]]
        keys = diary.ruler.keys(who, out.at[rows[looked]])
        full = caps.is_crowded(known, keys, cap.n, span(cap.window))
        if not full.any():
            continue
        looked, who = looked[full], who[full]
        key = caps.free_at(known, keys[full], cap.n, span(cap.window))
        free = np.where(key == caps.NO_TIME, NEVER, diary.ruler.at(key, who))
        waits = (free != NEVER) & (free < batch.expires[rows[looked]]) & (cap.is_patient or is_claim)
        _move(out, rows[looked[waits]], free[waits], Code.CAPPED)
        no = rows[looked[~waits]]
        out.code[no], out.waits[no], out.at[no] = NUMBER[Code.CAPPED], False, free[~waits]
        out.cap[rows[looked]] = number
        moved[looked[waits]] = True
        is_open[looked[~waits]] = False
    return rows[moved & is_open]


def _move(out: Verdicts, rows: Ints, at: Ints, why: Code) -> None:
    """Let rows wait; the first reason to wait is the one that is told."""
    out.at[rows] = at
    new = rows[~out.waits[rows]]
    out.code[new], out.waits[new] = NUMBER[why], True


def _index(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else -2


def described(rules: GateRules, number: int) -> dict[str, object]:
    """What stands behind `Verdicts.cap`, as the detail of a verdict."""
    if number < len(rules.caps):
        cap: Cap = rules.caps[number]
        return {"n": cap.n, "seconds": int(cap.window.total_seconds()), "channel": cap.channel, "purpose": cap.purpose}
    number -= len(rules.caps)
    if number < len(rules.windows):
        window = rules.windows[number]
        return {"n": window.n, "seconds": int(window.within.total_seconds()), "channel": window.channel, "after": str(window.after)}
    night = rules.nights[number - len(rules.windows)]
    return {"from": night.hours.start, "to": night.hours.end, "channel": night.channel}
