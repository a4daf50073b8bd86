"""Folding facts: a commutative sum per identifier, per order and per day, so that order and batches never matter.

Latest wins means the later `occurred_at`, then the greater fact key; moments are written as text of one width, so that text order is
time order in Python and in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from siyu.base.money import digits
from siyu.pool.words import Kind

TRADE = frozenset({"order.paid", "order.refunded", "order.adjusted"})
_WITHDRAWING = frozenset({"consent.withdrawn", "message.unsubscribed", "message.complained"})
WITH_DATA = frozenset(
    {"profile.stated", "tag.added", "tag.removed", "consent.given", "message.bounced", "message.rejected"} | _WITHDRAWING
)  # fmt: skip
SCORE = "score."  # facts about what somebody thinks of a person, not about what the person did
_LONGEST_WORD = 200
_ADDRESS_KIND = {
    "email": Kind.EMAIL, "sms": Kind.PHONE, "official": Kind.OPENID, "official_chat": Kind.OPENID, "official_notice": Kind.OPENID,
    "mini": Kind.OPENID,
}  # fmt: skip


class Row(NamedTuple):
    """A fact as the fold reads it; `data` is empty for types that are only counted. `on_date` is the brand's day."""

    key: UUID
    source_id: int
    import_id: int
    type: str
    subject: int | None
    occurred_at: datetime
    on_date: date
    object: str | None
    amount_minor: int | None
    currency: str | None
    data: dict[str, Any] | None
    others: list[int] | None
    sealed: dict[str, Any] | None


@dataclass
class Folded:
    """The sum of some facts of one identifier."""

    facts_n: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    traits: dict[str, list[Any]] = field(default_factory=dict)
    tags: dict[str, list[Any]] = field(default_factory=dict)
    seen_types: dict[str, list[Any]] = field(default_factory=dict)
    bounced: list[Any] | None = None

    def merge(self, other: Folded) -> None:
        """Add another sum; `a.merge(b)` equals `b.merge(a)`."""
        self.facts_n += other.facts_n
        if other.first_at is not None and (self.first_at is None or other.first_at < self.first_at):
            self.first_at = other.first_at
        if other.last_at is not None and (self.last_at is None or other.last_at > self.last_at):
            self.last_at = other.last_at
        for mine, theirs in ((self.traits, other.traits), (self.tags, other.tags)):
            for name, value in theirs.items():
                _latest(mine, name, value)
        for name, (count, last) in other.seen_types.items():
            known = self.seen_types.get(name)
            self.seen_types[name] = [count, last] if known is None else [known[0] + count, max(known[1], last)]
        if other.bounced and (self.bounced is None or other.bounced[:2] < self.bounced[:2]):
            self.bounced = other.bounced


@dataclass
class FoldedOrder:
    """The sum of the facts about one order number in one currency."""

    subject: int
    first_key: UUID
    touched_at: datetime
    paid_at: datetime | None = None
    paid_minor: int = 0
    refunded_minor: int = 0
    lines_n: int = 0


@dataclass
class Sum:
    """What a batch of facts adds up to."""

    folds: dict[int, Folded] = field(default_factory=dict)
    orders: dict[tuple[int, str, str], FoldedOrder] = field(default_factory=dict)
    consents: dict[tuple[int, str, str], tuple[datetime, UUID, bool, dict[str, Any]]] = field(default_factory=dict)
    days: dict[tuple[int, date, str, bool, str], list[int]] = field(default_factory=dict)
    links: dict[tuple[int, int, int, int], tuple[datetime, UUID]] = field(default_factory=dict)
    scores: dict[tuple[int, str], tuple[datetime, UUID, Decimal | None, str | None, str | None]] = field(default_factory=dict)


def moment(at: datetime) -> str:
    """A moment as text whose order is the order of time: `2026-11-20T04:00:00.000000Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def fold(rows: Iterable[Row], kinds: Mapping[int, Kind]) -> Sum:
    """Add facts up. `kinds` gives the kind of the identifiers of facts about addresses (bounces, complaints)."""
    out = Sum()
    for row in rows:
        if row.type in TRADE:
            _trade(out, row)
        if row.subject is None:
            continue
        if row.type.startswith(SCORE):
            _score(out, row)
            continue
        at = row.occurred_at
        mine = out.folds.get(row.subject)
        if mine is None:
            mine = out.folds[row.subject] = Folded()
        _touch(mine, at)
        mine.facts_n += 1
        seen = mine.seen_types.get(row.type)
        if seen is None:
            mine.seen_types[row.type] = [1, at]
        else:
            seen[0] += 1
            seen[1] = max(seen[1], at)
        if row.others:
            for other in row.others:
                _touch(out.folds.setdefault(other, Folded()), at)
                _link(out, row, row.subject, other)
        if row.data is not None or row.sealed:
            _state(out, row, mine, kinds)
    for one in out.folds.values():
        for seen in one.seen_types.values():
            seen[1] = moment(seen[1])
    return out


def _touch(one: Folded, at: datetime) -> None:
    if one.first_at is None or at < one.first_at:
        one.first_at = at
    if one.last_at is None or at > one.last_at:
        one.last_at = at


def _link(out: Sum, row: Row, left: int, right: int) -> None:
    pair = (left, right, row.source_id, row.import_id) if left < right else (right, left, row.source_id, row.import_id)
    seen = (row.occurred_at, row.key)
    known = out.links.get(pair)
    if known is None or seen < known:
        out.links[pair] = seen


def _trade(out: Sum, row: Row) -> None:
    amount, currency = row.amount_minor or 0, row.currency or ""
    day = out.days.setdefault((row.source_id, row.on_date, row.type, row.subject is not None, currency), [0, 0])
    day[0] += 1
    day[1] += amount
    if row.subject is None or row.type == "order.adjusted":
        return
    number = (row.source_id, row.object or str(row.key), currency)
    order = out.orders.get(number)
    if order is None:
        order = out.orders[number] = FoldedOrder(row.subject, row.key, row.occurred_at)
    elif (row.occurred_at, row.key) < (order.touched_at, order.first_key):
        order.subject, order.first_key, order.touched_at = row.subject, row.key, row.occurred_at
    if row.type == "order.paid":
        order.paid_minor += amount
        order.lines_n += 1
        if order.paid_at is None or row.occurred_at < order.paid_at:
            order.paid_at = row.occurred_at
    else:
        order.refunded_minor -= amount


_SAYING = ("message.", "consent.")  # what somebody wrote is no trait of theirs


def _state(out: Sum, row: Row, mine: Folded, kinds: Mapping[int, Kind]) -> None:
    data = row.data or {}
    stamp = [moment(row.occurred_at), str(row.key)]
    if row.type == "profile.stated":
        for name, value in data.items():
            _latest(mine.traits, name, [*stamp, value])
    elif row.type in ("tag.added", "tag.removed"):
        tags = data.get("tags") or [data.get("tag")]
        for tag in tags if isinstance(tags, list) else [tags]:
            if tag:
                _latest(mine.tags, str(tag), [*stamp, row.type == "tag.added"])
    elif row.type == "consent.given" or row.type in _WITHDRAWING:
        _consent(out, row, data)
    if row.sealed and not row.type.startswith(_SAYING):
        for name, value in row.sealed.items():
            _latest(mine.traits, name, [*stamp, None, value])
    if (row.type == "message.bounced" and data.get("hard")) or row.type == "message.complained":
        why = "complained" if row.type == "message.complained" else "bounced"
        for address in _addresses(row, data, kinds):
            one = out.folds.setdefault(address, Folded())
            bounce = [*stamp, why]
            if one.bounced is None or bounce < one.bounced:
                one.bounced = bounce


def _score(out: Sum, row: Row) -> None:
    """A score says nothing of when somebody was seen: it leaves the profile alone and only replaces an older one of its name."""
    assert row.subject is not None  # noqa: S101  facts of nobody were left out before
    given = (row.data or {}).get("value")
    value, word = None, None
    if isinstance(given, str):
        word = given[:_LONGEST_WORD] or None
    elif isinstance(given, int | float) and not isinstance(given, bool):
        value = Decimal(repr(given)) if isinstance(given, float) else Decimal(given)
    elif row.data and row.amount_minor is not None:
        value = Decimal(row.amount_minor).scaleb(-digits(row.currency or ""))
    if value is None and word is None:
        return  # an old row that was erased
    number = (row.subject, row.type.removeprefix(SCORE))
    known = out.scores.get(number)
    if known is None or (row.occurred_at, row.key) > (known[0], known[1]):
        out.scores[number] = (row.occurred_at, row.key, value, word, row.currency)


def _consent(out: Sum, row: Row, data: dict[str, Any]) -> None:
    """A statement holds for every identifier that it came with: after a split both halves keep it."""
    is_receipt = row.type.startswith("message.")
    channel = str(data.get("channel") or "*")
    purpose = str(data.get("purpose") or ("marketing" if is_receipt else "*"))
    if row.type == "consent.given" and not (data.get("channel") and data.get("purpose")):
        return  # an old row that was erased; a consent to nothing in particular is none
    evidence = {name: value for name, value in data.items() if name not in ("channel", "purpose")}
    if is_receipt:
        evidence |= {"fact": row.type, "intent": row.object}
    for subject in (row.subject, *(row.others or ())):
        assert subject is not None  # noqa: S101  facts of nobody were left out before
        number = (subject, channel, purpose)
        said = (row.occurred_at, row.key, row.type == "consent.given", evidence)
        known = out.consents.get(number)
        if known is None or _later(said) > _later(known):
            out.consents[number] = said


def _later(said: tuple[datetime, UUID, bool, dict[str, Any]]) -> tuple[datetime, bool, UUID]:
    """Of two statements at one moment the withdrawal counts as the later one."""
    return said[0], not said[2], said[1]


def _addresses(row: Row, data: dict[str, Any], kinds: Mapping[int, Kind]) -> list[int]:
    kind = _ADDRESS_KIND.get(str(data.get("channel")))
    every = [row.subject, *(row.others or ())]
    return [number for number in every if number is not None and kinds.get(number) == kind]


def _latest(into: dict[str, list[Any]], name: str, value: list[Any]) -> None:
    known = into.get(name)
    if known is None or (value[0], value[1]) > (known[0], known[1]):
        into[name] = value
