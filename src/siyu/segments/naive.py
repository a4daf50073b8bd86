"""The naive reading of a rule: one person's evidence, read condition by condition, with no cleverness. The compiler is held to it by test.

Every function follows the table of `docs/rules.md` word by word. It is also what explains a person, because it can say what it saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from siyu.base import money
from siyu.pool import Brand
from siyu.segments import words as w
from siyu.segments.reach import KINDS
from siyu.segments.windows import Present
from siyu.segments.words import Evidence, Measure, Op, SegmentId

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_DATE_AHEAD = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_PAID = "order.paid"

Seen = Fraction | datetime | None  # what a measure saw: a number, a moment, or nothing


@dataclass(frozen=True)
class Reading:
    """What a naive reading needs besides the evidence: now, the brand, the rules of the segments that rules mention."""

    now: datetime
    brand: Brand
    others: Mapping[SegmentId, w.Rule]

    @property
    def present(self) -> Present:
        """Now, where the brand is."""
        return Present(self.now, self.brand.time_zone)


def matches(rule: w.Rule, evidence: Evidence, now: datetime, *, brand: Brand, others: Mapping[SegmentId, w.Rule] | None = None) -> bool:
    """Whether the person of `evidence` satisfies `rule` at the moment `now`. `others` holds the rules of segments it mentions."""
    return holds(rule.where, evidence, Reading(now, brand, others or {}))


def holds(node: w.Node, evidence: Evidence, reading: Reading) -> bool:
    """Whether one group or condition is true of the person."""
    match node:
        case w.All():
            return all(holds(inner, evidence, reading) for inner in node.of)
        case w.AnyOf():
            return any(holds(inner, evidence, reading) for inner in node.of)
        case w.Not():
            return not holds(node.of, evidence, reading)
        case w.TraitIs():
            return _value_holds(node.test, evidence.traits.get(node.name), reading)
        case w.ScoreIs():
            return _score_holds(node.test, newest_score(node, evidence, reading), reading)
        case w.ProfileIs():
            return _value_holds(node.test, getattr(evidence, node.field.value), reading)
        case w.TagIs():
            return _tags_hold(node, evidence)
        case w.ConsentIs():
            return consent_state(node, evidence) == node.state
        case w.Reachable():
            kinds = KINDS.get(node.channel, ())
            return kinds is None or any(i.kind in kinds and i.is_deliverable for i in evidence.identifiers)
        case w.HasIdentifier():
            return any(i.kind == node.kind and node.scope in ("", i.scope) for i in evidence.identifiers)
        case w.ContactIs():
            return any(_contact_holds(node, one, reading) for one in evidence.contacts)
        case w.Orders():
            return _measure_holds(node.test, seen_in_orders(node, evidence, reading), reading, _scale(node, reading))
        case w.Happened():
            return _measure_holds(node.test, seen_in_facts(node, evidence, reading), reading, _scale(node, reading))
        case w.Bought():
            return _measure_holds(node.test, seen_bought(node, evidence, reading), reading, _scale(node, reading))
        case w.Followed():
            return followed_at(node, evidence, reading) is not None
        case w.InSegment():
            return holds(reading.others[node.segment_id].where, evidence, reading) == node.is_in


# --- single values: traits, columns, properties of facts


def text_of(value: Any) -> str | None:
    """How a value reads as text: JSON's own words for yes, no and numbers; lists, objects and nothing have no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, int) else None


def number_of(value: Any) -> Decimal | None:
    """The number that a value reads as: digits with an optional point, also where they came as text."""
    text = text_of(value)
    return Decimal(text) if text is not None and _NUMBER.fullmatch(text) else None


def _lower(text: str) -> str:
    return text.translate(_LOWER)


def _value_holds(test: w.Comparison, value: Any, reading: Reading) -> bool:
    match test.op:
        case Op.EXISTS:
            return value is not None
        case Op.MISSING:
            return value is None
        case Op.EQ | Op.IN:
            return any(_is_same(value, wanted) for wanted in test.values)
        case Op.NE | Op.NOT_IN:
            return value is not None and not any(_is_same(value, wanted) for wanted in test.values)
        case Op.HAS:
            return isinstance(value, list) and test.values[0] in [item for item in value if isinstance(item, str)]
        case Op.CONTAINS:
            text = text_of(value)
            return text is not None and _lower(str(test.values[0])) in _lower(text)
        case Op.STARTS:
            text = text_of(value)
            return text is not None and _lower(text).startswith(_lower(str(test.values[0])))
        case Op.DURING if isinstance(value, datetime):
            return is_during(value, test.window, reading)
        case Op.DURING:
            return _date_is_during(text_of(value), test.window, reading)
        case Op.ANNIVERSARY:
            return _comes_round(text_of(value), test.days, reading)
        case _:
            number = number_of(value)
            return number is not None and _compares(test, Fraction(number))


def _is_same(value: Any, wanted: w.Scalar) -> bool:
    if isinstance(wanted, bool):
        return text_of(value) == ("true" if wanted else "false")
    if isinstance(wanted, Decimal):
        return number_of(value) == wanted
    return text_of(value) == wanted


def _compares(test: w.Comparison, seen: Fraction, scale: int = 1) -> bool:
    """A number against the test's numbers, which are `scale` times larger in the units of `seen` (minor units of money)."""
    wanted = [Fraction(value) * scale for value in test.values if isinstance(value, Decimal)]
    match test.op:
        case Op.EQ | Op.IN:
            return seen in wanted
        case Op.NE | Op.NOT_IN:
            return seen not in wanted
        case Op.GT:
            return seen > wanted[0]
        case Op.GTE:
            return seen >= wanted[0]
        case Op.LT:
            return seen < wanted[0]
        case Op.LTE:
            return seen <= wanted[0]
        case Op.BETWEEN:
            return wanted[0] <= seen <= wanted[1]
        case _:
            raise AssertionError(test.op)


def is_during(moment: datetime, window: w.Window, reading: Reading) -> bool:
    """Whether a moment lies in a window: the start belongs to it, the end does not."""
    start, end = reading.present.moments(window)
    return (start is None or moment >= start) and (end is None or moment < end)


def _date_is_during(text: str | None, window: w.Window, reading: Reading) -> bool:
    """Dates as they are written (a time of day behind them does not matter) against whole days."""
    if text is None or not _DATE_AHEAD.match(text):
        return False
    first, end = reading.present.days(window)
    return (first is None or text[:10] >= first.isoformat()) and (end is None or text[:10] < end.isoformat())


def _comes_round(text: str | None, days: int, reading: Reading) -> bool:
    if text is None:
        return False
    if _DATE_AHEAD.match(text):
        month_day = text[5:10]
    elif _MONTH_DAY.fullmatch(text):
        month_day = text
    else:
        return False
    today = reading.present.today
    return any(_is_kept_on(month_day, today + timedelta(days=ahead)) for ahead in range(days))


def _is_kept_on(month_day: str, day: date) -> bool:
    is_leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    if month_day == "02-29" and not is_leap:
        month_day = "02-28"
    return month_day == f"{day.month:02}-{day.day:02}"


# --- scores


def newest_score(node: w.ScoreIs, evidence: Evidence, reading: Reading) -> w.SeenScore | None:
    """The newest score of the name among the person's identifiers; None where there is none, or where it is too old."""
    mine = [score for score in evidence.scores if score.name == node.name]
    newest = max(mine, key=lambda score: (score.as_of, score.key), default=None)
    is_stale = newest is not None and node.fresh is not None and newest.as_of < reading.now - node.fresh
    return None if is_stale else newest


def _score_holds(test: w.Comparison, score: w.SeenScore | None, reading: Reading) -> bool:
    if test.op in w.BARE_OPS:
        return (score is not None) == (test.op is Op.EXISTS)
    if score is None:
        return False
    if isinstance(test.values[0], Decimal):
        return score.value is not None and _compares(test, Fraction(score.value))
    return _value_holds(test, score.word, reading)


# --- tags and consents


def _tags_hold(node: w.TagIs, evidence: Evidence) -> bool:
    had = [tag in evidence.tags for tag in node.tags]
    match node.how:
        case w.How.ANY:
            return any(had)
        case w.How.ALL:
            return all(had)
        case w.How.NONE:
            return not any(had)


def consent_state(node: w.ConsentIs, evidence: Evidence) -> w.ConsentState:
    """The latest word of each identifier on the channel and the purpose (`*` covers all); one that says no outweighs those that say yes."""
    latest: dict[int, w.SeenConsent] = {}
    for said in evidence.consents:
        if said.channel not in (node.channel, "*") or said.purpose not in (node.purpose, "*"):
            continue
        before = latest.get(said.subject)
        if before is None or (said.decided_at, said.key) > (before.decided_at, before.key):
            latest[said.subject] = said
    if not latest:
        return w.ConsentState.NONE
    return w.ConsentState.GIVEN if all(said.is_given for said in latest.values()) else w.ConsentState.WITHDRAWN


# --- contacts


def _contact_holds(node: w.ContactIs, one: w.SeenContact, reading: Reading) -> bool:
    """Whether one guide or chat is such a one. Who came nobody knows when is within no window."""
    return (
        one.side is node.side
        and (not node.ids or one.id in node.ids)
        and (not node.ways or one.way in node.ways)
        and (not node.states or one.state in node.states)
        and node.corp in ("", one.corp)
        and (node.window == w.EVER or (one.since is not None and is_during(one.since, node.window, reading)))
    )


# --- measures


def _scale(node: w.Orders | w.Happened | w.Bought, reading: Reading) -> int:
    """How many units of the measure are one unit of the rule: 100 for money in yuan, 1 for counts."""
    is_money = node.measure in w.MONEY_MEASURES or (isinstance(node, w.Happened) and node.of == "amount")
    return int(10 ** money.digits(node.currency or reading.brand.currency)) if is_money else 1


def _measure_holds(test: w.Comparison, seen: Seen, reading: Reading, scale: int) -> bool:
    match test.op:
        case Op.EXISTS:
            return seen is not None
        case Op.MISSING:
            return seen is None
        case Op.DURING:
            return isinstance(seen, datetime) and is_during(seen, test.window, reading)
        case _:
            return isinstance(seen, Fraction) and _compares(test, seen, scale)


def seen_in_orders(node: w.Orders, evidence: Evidence, reading: Reading) -> Seen:
    """What the measure of an orders condition is for this person (money in minor units)."""
    of_shops = [o for o in evidence.orders if not node.sources or o.source in node.sources]
    if node.window != w.EVER:
        of_shops = [o for o in of_shops if o.paid_at is not None and is_during(o.paid_at, node.window, reading)]
    paid = [o.paid_at for o in of_shops if o.paid_at is not None]
    in_currency = [o for o in of_shops if o.currency == (node.currency or reading.brand.currency)]
    spent, refunded = sum(o.paid_minor for o in in_currency), sum(o.refunded_minor for o in in_currency)
    match node.measure:
        case Measure.COUNT:
            return Fraction(len(paid))
        case Measure.SPENT:
            return Fraction(spent)
        case Measure.REFUNDED:
            return Fraction(refunded)
        case Measure.NET:
            return Fraction(spent - refunded)
        case Measure.AVERAGE:
            n = len([o for o in in_currency if o.paid_at is not None])
            return Fraction(spent, n) if n else None
        case Measure.FIRST_AT:
            return min(paid, default=None)
        case Measure.LAST_AT:
            return max(paid, default=None)
        case _:
            return Fraction((reading.now - max(paid)) // timedelta(days=1)) if paid else None


def _filter_holds(test: w.Filter, fact: w.SeenFact, currency: str, reading: Reading) -> bool:
    if test.field == "amount":
        if test.test.op in w.BARE_OPS:
            return (fact.amount_minor is not None) == (test.test.op is Op.EXISTS)
        scale = int(10 ** money.digits(currency))
        return fact.amount_minor is not None and fact.currency == currency and _compares(test.test, Fraction(fact.amount_minor), scale)
    values: dict[str, Any] = {"object": fact.object, "currency": fact.currency, "source": fact.source}
    value = values[test.field] if test.field in values else fact.data.get(test.field.removeprefix("data."))
    return _value_holds(test.test, value, reading)


def _facts(
    type_: str, filters: Iterable[w.Filter], window: w.Window, currency: str, evidence: Evidence, reading: Reading
) -> list[w.SeenFact]:  # fmt: skip
    currency = currency or reading.brand.currency
    return [
        fact
        for fact in evidence.facts
        if fact.type == type_
        and is_during(fact.occurred_at, window, reading)
        and all(_filter_holds(test, fact, currency, reading) for test in filters)
    ]


def seen_in_facts(node: w.Happened, evidence: Evidence, reading: Reading) -> Seen:
    """What the measure of an event condition is for this person (amounts in minor units)."""
    facts = _facts(node.type, node.filters, node.window, node.currency, evidence, reading)
    return _measured(node.measure, node.of, node.currency or reading.brand.currency, facts, reading)


def _measured(measure: Measure, of: str, currency: str, facts: list[w.SeenFact], reading: Reading) -> Seen:
    moments = [fact.occurred_at for fact in facts]
    if of == "amount":
        numbers = [Fraction(f.amount_minor) for f in facts if f.amount_minor is not None and f.currency == currency]
    else:
        read = [number_of(fact.data.get(of.removeprefix("data."))) for fact in facts]
        numbers = [Fraction(number) for number in read if number is not None]
    match measure:
        case Measure.COUNT:
            return Fraction(len(facts))
        case Measure.DAYS:
            zone = ZoneInfo(reading.brand.time_zone)
            return Fraction(len({moment.astimezone(zone).date() for moment in moments}))
        case Measure.OBJECTS:
            return Fraction(len({(fact.source, fact.object) for fact in facts if fact.object is not None}))
        case Measure.FIRST_AT:
            return min(moments, default=None)
        case Measure.LAST_AT:
            return max(moments, default=None)
        case Measure.SUM:
            return sum(numbers, Fraction(0))
        case Measure.AVG:
            return sum(numbers, Fraction(0)) / len(numbers) if numbers else None
        case Measure.MIN:
            return min(numbers, default=None)
        case Measure.MAX:
            return max(numbers, default=None)
        case _:
            raise AssertionError(measure)


def seen_bought(node: w.Bought, evidence: Evidence, reading: Reading) -> Seen:
    """What the measure of a bought condition is for this person (money in minor units)."""
    lines = _facts(_PAID, (w.Filter(f"data.{node.by}", node.what),), node.window, node.currency, evidence, reading)
    currency = node.currency or reading.brand.currency
    match node.measure:
        case Measure.SPENT:
            return _measured(Measure.SUM, "amount", currency, lines, reading)
        case Measure.QUANTITY:
            return _measured(Measure.SUM, "data.quantity", currency, lines, reading)
        case Measure.OBJECTS:  # a line without an order number is an order of its own, as in the pool
            return Fraction(len({(line.source, line.object or str(line.key)) for line in lines}))
        case measure:
            return _measured(measure, "", currency, lines, reading)


def followed_at(node: w.Followed, evidence: Evidence, reading: Reading) -> datetime | None:
    """The earliest moment of a first step that makes the sequence true; None where there is none."""
    for first in sorted(fact.occurred_at for fact in _facts(node.first.type, node.first.filters, node.window, "", evidence, reading)):
        last = None if node.within is None else first + node.within
        later = [
            fact
            for fact in _facts(node.then.type, node.then.filters, w.EVER, "", evidence, reading)
            if fact.occurred_at > first and (last is None or fact.occurred_at <= last)
        ]
        if node.is_done and later:
            return first
        if not node.is_done and not later and (last is None or last <= reading.now):
            return first
    return None
