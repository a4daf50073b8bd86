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
from siyu.segments.compile.sets import Joined, Sets, units
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

    def node(self, node: w.Node, *, is_positive: bool = True) -> exp.Expr:
        """A group or condition (or, with `is_positive=False`, its opposite) as SQL."""
        match node:
            case w.Not():
                return self.node(node.of, is_positive=not is_positive)
            case w.All() | w.AnyOf():
                parts = [self.node(inner, is_positive=is_positive) for inner in node.of]
                is_all = isinstance(node, w.All) == is_positive
                if not parts:
                    return exp.true() if is_all else exp.false()
                return exp.and_(*parts) if is_all else exp.or_(*parts)
            case w.InSegment():
                rule = self.others.get(node.segment_id)
                if rule is None:
                    raise RuleError("no_segment", "", int(node.segment_id))
                return self.node(rule.where, is_positive=is_positive == node.is_in)
            case _:
                return self.leaf(node) if is_positive else self.negated(node)

    def negated(self, leaf: w.Leaf) -> exp.Expr:
        """The opposite of a condition."""
        match leaf:
            case w.Orders(measure=measure) | w.Happened(measure=measure) | w.Bought(measure=measure) if measure in _TOTALS:
                opposite = flipped(leaf.test)
                if opposite:
                    return self.leaf(replace(leaf, test=opposite))
            case w.Followed():
                return self.sets.sequence(leaf).lacks()
            case w.HasIdentifier():
                return self._identified(leaf).lacks()
            case w.Reachable(channel=channel) if KINDS.get(channel):
                return self._reachable(leaf).lacks()
            case _:
                pass
        return is_not_true(self.leaf(leaf))

    def leaf(self, leaf: w.Leaf) -> exp.Expr:
        """A condition."""
        match leaf:
            case w.TraitIs():
                return self.compare.json(column("traits"), leaf.name, leaf.test)
            case w.ProfileIs():
                return self._profile(leaf)
            case w.TagIs():
                return self._tags(leaf)
            case w.ConsentIs():
                return self.sets.consent(leaf.channel, leaf.purpose, leaf.state)
            case w.Reachable():
                if KINDS.get(leaf.channel, ()) is None:
                    return exp.true()
                return self._reachable(leaf).has() if KINDS.get(leaf.channel) else exp.false()
            case w.HasIdentifier():
                return self._identified(leaf).has()
            case w.Orders():
                return self._orders(leaf)
            case w.Happened():
                joined = self.sets.facts(leaf.type, leaf.filters, leaf.window, leaf.currency)
                return self._facts(joined, leaf.measure, leaf.of, leaf.currency or self.sets.currency, leaf.test)
            case w.Bought():
                return self._bought(leaf)
            case w.Followed():
                return self.sets.sequence(leaf).has()
            case w.InSegment():
                return self.node(leaf)

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

    def _reachable(self, leaf: w.Reachable) -> Joined:
        return self.sets.identified(KINDS.get(leaf.channel) or (), deliverable=True)

    def _identified(self, leaf: w.HasIdentifier) -> Joined:
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
        joined = self.sets.orders(leaf)
        if leaf.measure is Measure.AVERAGE:
            total, n = self.sets.order_average(joined, currency)
            return self.compare.ratio(total, n, leaf.test, units(currency))
        value = self.sets.order_measure(joined, leaf.measure, currency)
        if leaf.measure in w.MOMENT_MEASURES:
            return self.compare.moment(value, leaf.test)
        if leaf.measure is Measure.DAYS_SINCE_LAST:
            return self._days_since(value, leaf.test)
        return self._total(joined, value, leaf.test, units(currency) if leaf.measure in w.MONEY_MEASURES else 1)

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

    def _facts(self, joined: Joined, measure: Measure, of: str, currency: str, test: w.Comparison) -> exp.Expr:
        scale = units(currency) if of == "amount" else 1
        if measure is Measure.AVG:
            return self.compare.ratio(*self.sets.fact_average(joined, of, currency), test, scale)
        value = self.sets.fact_measure(joined, measure, of, currency)
        if measure in w.MOMENT_MEASURES:
            return self.compare.moment(value, test)
        if measure in (Measure.MIN, Measure.MAX):
            return self.compare.whole(value, test, scale) if of == "amount" else self.compare.exact(value, test)
        is_whole = measure is not Measure.SUM or of == "amount"
        return self._total(joined, value, test, scale, is_whole=is_whole, is_rows=measure is Measure.COUNT)

    def _bought(self, leaf: w.Bought) -> exp.Expr:
        currency = leaf.currency or self.sets.currency
        joined = self.sets.facts(_PAID, (w.Filter(f"data.{leaf.by}", leaf.what),), leaf.window, currency)
        match leaf.measure:
            case Measure.SPENT:
                return self._facts(joined, Measure.SUM, "amount", currency, leaf.test)
            case Measure.QUANTITY:
                return self._facts(joined, Measure.SUM, "data.quantity", currency, leaf.test)
            case measure:
                return self._facts(joined, measure, "", currency, leaf.test)

    def _total(
        self, joined: Joined, value: exp.Expr, test: w.Comparison, scale: int = 1, *, is_whole: bool = True, is_rows: bool = False
    ) -> exp.Expr:  # fmt: skip
        """A measure that is nought for people outside the set."""
        if is_rows and bounds(test, 1) == (1, None):
            return joined.has()
        if is_rows and (bounds(test, 1) == (None, 0) or test == w.Comparison(Op.EQ, (Decimal(0),))):
            return joined.lacks()
        holds = self.compare.whole(value, test, scale) if is_whole else self.compare.exact(value, test)
        return exp.or_(joined.lacks(), holds) if holds_for_zero(test) else holds
