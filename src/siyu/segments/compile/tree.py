"""From the tree of a rule to one condition over profiles and the sets joined to them.

Negations are pushed down to the conditions first. There "not" means "is not true", so that what is unknown to SQL is false to everybody.
What the profile's own columns say is read from there; facts and orders are only read for what they alone know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlglot import exp

from siyu.segments import words as w
from siyu.segments.compile import dialects
from siyu.segments.compile.comparing import bounds, flipped, holds_for_zero, is_not_true, whole_values
from siyu.segments.compile.sets import People, Sets, units
from siyu.segments.errors import RuleError
from siyu.segments.reach import KINDS
from siyu.segments.words import Measure, Op, SegmentId

_PAID = "order.paid"
_TOTALS = frozenset(
    {Measure.COUNT, Measure.SUM, Measure.DAYS, Measure.OBJECTS, Measure.SPENT, Measure.REFUNDED, Measure.NET, Measure.QUANTITY}
)  # measures that are nought, not unknown, for people without any


def column(name: str) -> exp.Expr:
    """A column of the profile."""
    return exp.column(name, "p")


class Tree:
    """Translates the nodes of one statement."""

    def __init__(self, sets: Sets, others: Mapping[SegmentId, w.Rule]) -> None:
        self.sets = sets
        self.bind = sets.bind
        self.compare = sets.compare
        self.others = others

    def node(self, node: w.Node, *, is_positive: bool = True, is_top: bool = False) -> exp.Expr:
        """A group or condition (or, with `is_positive=False`, its opposite) as SQL. `is_top`: only "and" stands above it."""
        match node:
            case w.Not():
                return self.node(node.of, is_positive=not is_positive, is_top=is_top)
            case w.All() | w.AnyOf():
                is_all = isinstance(node, w.All) == is_positive
                stays_top = is_top and (is_all or len(node.of) == 1)
                parts = [self.node(inner, is_positive=is_positive, is_top=stays_top) for inner in node.of]
                if not parts:
                    return exp.true() if is_all else exp.false()
                return exp.and_(*parts) if is_all else exp.or_(*parts)
            case w.InSegment():
                rule = self.others.get(node.segment_id)
                if rule is None:
                    raise RuleError("no_segment", "", int(node.segment_id))
                return self.node(rule.where, is_positive=is_positive == node.is_in, is_top=is_top)
            case _:
                return self.leaf(node, is_top=is_top) if is_positive else self.negated(node, is_top=is_top)

    def negated(self, leaf: w.Leaf, *, is_top: bool) -> exp.Expr:
        """The opposite of a condition."""
        match leaf:
            case w.Orders(measure=measure) | w.Happened(measure=measure) | w.Bought(measure=measure) if measure in _TOTALS:
                opposite = flipped(leaf.test)
                if opposite:
                    return self.leaf(replace(leaf, test=opposite), is_top=is_top)
            case w.Followed():
                return self.sets.sequence(leaf).lacks(is_top=is_top)
            case w.ScoreIs(test=w.Comparison(op=Op.EXISTS | Op.MISSING as op)):
                people = self.sets.scored(leaf.name, leaf.fresh)
                return people.lacks(is_top=is_top) if op is Op.EXISTS else people.has(is_top=is_top)
            case w.HasIdentifier():
                return self._identified(leaf).lacks(is_top=is_top)
            case w.ContactIs():
                return self.sets.in_contact(leaf).lacks(is_top=is_top)
            case w.Reachable(channel=channel) if KINDS.get(channel):
                return self._reachable(leaf).lacks(is_top=is_top)
            case w.ConsentIs(channel=channel, purpose=purpose, state=state):
                match state:
                    case w.ConsentState.NONE:
                        return self.sets.said(channel, purpose).has(is_top=is_top)
                    case w.ConsentState.WITHDRAWN:
                        return self.sets.refused(channel, purpose).lacks(is_top=is_top)
                    case w.ConsentState.GIVEN:
                        return exp.or_(self.sets.said(channel, purpose).lacks(), self.sets.refused(channel, purpose).has())
            case _:
                pass
        return is_not_true(self.leaf(leaf, is_top=False))

    def leaf(self, leaf: w.Leaf, *, is_top: bool) -> exp.Expr:
        """A condition."""
        match leaf:
            case w.TraitIs():
                return self.compare.json(column("traits"), leaf.name, leaf.test)
            case w.ScoreIs():
                return self._score(leaf, is_top=is_top)
            case w.ProfileIs():
                return self._profile(leaf)
            case w.TagIs():
                return self._tags(leaf)
            case w.ConsentIs():
                return self._consent(leaf, is_top=is_top)
            case w.Reachable():
                if KINDS.get(leaf.channel, ()) is None:
                    return exp.true()
                return self._reachable(leaf).has(is_top=is_top) if KINDS.get(leaf.channel) else exp.false()
            case w.HasIdentifier():
                return self._identified(leaf).has(is_top=is_top)
            case w.ContactIs():
                return self.sets.in_contact(leaf).has(is_top=is_top)
            case w.Orders():
                return self._orders(leaf)
            case w.Happened():
                return self._event(leaf, is_top=is_top)
            case w.Bought():
                return self._bought(leaf, is_top=is_top)
            case w.Followed():
                return self.sets.sequence(leaf).has(is_top=is_top)
            case w.InSegment():
                return self.node(leaf, is_top=is_top)

    def _consent(self, leaf: w.ConsentIs, *, is_top: bool) -> exp.Expr:
        said, refused = self.sets.said(leaf.channel, leaf.purpose), self.sets.refused(leaf.channel, leaf.purpose)
        match leaf.state:
            case w.ConsentState.GIVEN:
                return exp.and_(said.has(is_top=is_top), refused.lacks(is_top=is_top))
            case w.ConsentState.WITHDRAWN:
                return refused.has(is_top=is_top)
            case w.ConsentState.NONE:
                return said.lacks(is_top=is_top)

    def _score(self, leaf: w.ScoreIs, *, is_top: bool) -> exp.Expr:
        people = self.sets.scored(leaf.name, leaf.fresh)
        match leaf.test.op:
            case Op.EXISTS:
                return people.has(is_top=is_top)
            case Op.MISSING:
                return people.lacks(is_top=is_top)
        is_number = isinstance(leaf.test.values[0], Decimal)
        seen = people.measure(exp.Max(this=exp.column("value" if is_number else "word", "c")))  # one row a person: the newest
        return self.compare.exact(seen, leaf.test) if is_number else self.compare.text(seen, leaf.test)

    def _profile(self, leaf: w.ProfileIs) -> exp.Expr:
        name = column(leaf.field.value)
        if leaf.field in w.MOMENT_FIELDS:
            return self.compare.moment(name, leaf.test)
        if leaf.field is w.Field.IS_KNOWN:
            return name if leaf.test.values[0] else exp.Not(this=name)
        if leaf.field is w.Field.FACTS_N:
            return self.compare.whole(name, leaf.test)
        return self.compare.text(name, leaf.test)

    def _tags(self, leaf: w.TagIs) -> exp.Expr:
        wanted = self.bind(list(leaf.tags), "texts")
        match leaf.how:
            case w.How.ALL:
                return exp.ArrayContainsAll(this=column("tags"), expression=wanted)
            case w.How.ANY:
                return exp.ArrayOverlaps(this=column("tags"), expression=wanted)
            case w.How.NONE:
                return exp.Not(this=exp.paren(exp.ArrayOverlaps(this=column("tags"), expression=wanted)))

    def _reachable(self, leaf: w.Reachable) -> People:
        return self.sets.identified(KINDS.get(leaf.channel) or (), deliverable=True)

    def _identified(self, leaf: w.HasIdentifier) -> People:
        return self.sets.identified((leaf.kind,), leaf.scope)

    def _orders(self, leaf: w.Orders) -> exp.Expr:
        currency = leaf.currency or self.sets.currency
        is_whole_life = leaf.window == w.EVER and not leaf.sources
        if is_whole_life and leaf.measure is not Measure.AVERAGE:
            value = self._profile_measure(leaf.measure, currency)
            if leaf.measure in w.MOMENT_MEASURES:
                return self.compare.moment(value, leaf.test)
            if leaf.measure is Measure.DAYS_SINCE_LAST:
                return self._days_since(value, leaf.test)
            return self.compare.whole(value, leaf.test, units(currency) if leaf.measure in w.MONEY_MEASURES else 1)
        people = self.sets.orders(leaf, currency)
        if leaf.measure is Measure.AVERAGE:
            total, n = self.sets.order_average(people)
            return self.compare.ratio(total, n, leaf.test, units(currency))
        value = self.sets.order_measure(people, leaf.measure)
        if leaf.measure in w.MOMENT_MEASURES:
            return self.compare.moment(value, leaf.test)
        if leaf.measure is Measure.DAYS_SINCE_LAST:
            return self._days_since(value, leaf.test)
        return self._total(people, value, leaf.test, units(currency) if leaf.measure in w.MONEY_MEASURES else 1)

    def _profile_measure(self, measure: Measure, currency: str) -> exp.Expr:
        match measure:
            case Measure.COUNT:
                return column("orders_n")
            case Measure.FIRST_AT:
                return column("first_order_at")
            case Measure.LAST_AT | Measure.DAYS_SINCE_LAST:
                return column("last_order_at")
            case Measure.SPENT:
                return self._money(currency, "spent_minor", 0)
            case Measure.REFUNDED:
                return self._money(currency, "refunded_minor", 1)
            case _:
                return exp.paren(
                    exp.Sub(this=self._money(currency, "spent_minor", 0), expression=self._money(currency, "refunded_minor", 1))
                )

    def _money(self, currency: str, name: str, place: int) -> exp.Expr:
        if currency == self.sets.currency:
            return column(name)
        number = dialects.json_number_at(
            column("other_money"), self.bind(currency, "text"), place, self.bind.type("bigint"), self.bind.dialect
        )
        return exp.Coalesce(this=number, expressions=[exp.Literal.number(0)])

    def _days_since(self, moment: exp.Expr, test: w.Comparison) -> exp.Expr:
        """Whole days since a moment, turned into bounds of the moment itself: n days is (now - n - 1 days, now - n days]."""
        if test.op in (Op.EQ, Op.IN, Op.NE, Op.NOT_IN):
            days = exp.or_(*(self._age(moment.copy(), n, n) for n in whole_values(test, 1)))
            return (
                days if test.op in (Op.EQ, Op.IN) else exp.and_(exp.Not(this=exp.Is(this=moment, expression=exp.Null())), is_not_true(days))
            )
        return self._age(moment, *bounds(test, 1))

    def _age(self, moment: exp.Expr, least: int | None, most: int | None) -> exp.Expr:
        now = self.compare.present.now
        parts: list[exp.Expr] = []
        if least is not None:
            parts.append(exp.LTE(this=moment, expression=self.bind(now - timedelta(days=least), "moment")))
        if most is not None:
            parts.append(exp.GT(this=moment.copy(), expression=self.bind(now - timedelta(days=most + 1), "moment")))
        return exp.paren(exp.and_(*parts))

    def _event(self, leaf: w.Happened, *, is_top: bool) -> exp.Expr:
        currency = leaf.currency or self.sets.currency
        people = self.sets.facts(leaf.type, leaf.filters, leaf.window, currency, is_money=leaf.of == "amount")
        if leaf.measure is Measure.COUNT and is_some(leaf.test):
            return people.has(is_top=is_top)
        if leaf.measure is Measure.COUNT and is_none(leaf.test):
            return people.lacks(is_top=is_top)
        return self._facts(people, leaf.measure, leaf.of, currency, leaf.test)

    def _facts(self, people: People, measure: Measure, of: str, currency: str, test: w.Comparison) -> exp.Expr:
        scale = units(currency) if of == "amount" else 1
        if measure is Measure.AVG:
            return self.compare.ratio(*self.sets.fact_average(people, of), test, scale)
        value = self.sets.fact_measure(people, measure, of)
        if measure in w.MOMENT_MEASURES:
            return self.compare.moment(value, test)
        if measure in (Measure.MIN, Measure.MAX):
            return self.compare.whole(value, test, scale) if of == "amount" else self.compare.exact(value, test)
        return self._total(people, value, test, scale, is_whole=measure is not Measure.SUM or of == "amount")

    def _bought(self, leaf: w.Bought, *, is_top: bool) -> exp.Expr:
        currency = leaf.currency or self.sets.currency
        what = (w.Filter(f"data.{leaf.by}", leaf.what),)
        people = self.sets.facts(_PAID, what, leaf.window, currency, is_money=leaf.measure is Measure.SPENT)
        match leaf.measure:
            case Measure.SPENT:
                return self._facts(people, Measure.SUM, "amount", currency, leaf.test)
            case Measure.QUANTITY:
                return self._facts(people, Measure.SUM, "data.quantity", currency, leaf.test)
            case Measure.OBJECTS if is_some(leaf.test):
                return people.has(is_top=is_top)
            case Measure.OBJECTS if is_none(leaf.test):
                return people.lacks(is_top=is_top)
            case Measure.OBJECTS:
                return self._total(people, self.sets.bought_orders(people), leaf.test)
            case measure:
                return self._facts(people, measure, "", currency, leaf.test)

    def _total(self, people: People, value: exp.Expr, test: w.Comparison, scale: int = 1, *, is_whole: bool = True) -> exp.Expr:
        """A measure that is nought for people outside the set."""
        holds = self.compare.whole(value, test, scale) if is_whole else self.compare.exact(value, test)
        return exp.or_(people.lacks(), holds) if holds_for_zero(test) else holds


def is_some(test: w.Comparison) -> bool:
    """Whether a test of a whole number that is never negative says no more than "at least one"."""
    return bounds(test, 1) == (1, None)


def is_none(test: w.Comparison) -> bool:
    """Whether it says "none"."""
    return bounds(test, 1) == (None, 0) or test == w.Comparison(Op.EQ, (Decimal(0),))
