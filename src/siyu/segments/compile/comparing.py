"""Comparisons as SQL. What is built here is true, false or null; null counts as false, so a negation must say `is not true`."""

from __future__ import annotations

import math
from decimal import Decimal

from sqlglot import exp

from siyu.segments import words as w
from siyu.segments.compile import dialects
from siyu.segments.compile.binding import Binder
from siyu.segments.windows import Present
from siyu.segments.words import Op

_NUMBER = r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_ORDER = {Op.GT: exp.GT, Op.GTE: exp.GTE, Op.LT: exp.LT, Op.LTE: exp.LTE}
_FLIPPED = {
    Op.EQ: Op.NE, Op.NE: Op.EQ, Op.IN: Op.NOT_IN, Op.NOT_IN: Op.IN, Op.GT: Op.LTE, Op.LTE: Op.GT, Op.GTE: Op.LT, Op.LT: Op.GTE,
}  # fmt: skip


def flipped(test: w.Comparison) -> w.Comparison | None:
    """The opposite comparison of a value that is never null; None where there is none."""
    op = _FLIPPED.get(test.op)
    return w.Comparison(op, test.values) if op else None


def is_null(expression: exp.Expr) -> exp.Expr:
    """`expression is null`."""
    return exp.Is(this=expression, expression=exp.Null())


def is_there(expression: exp.Expr) -> exp.Expr:
    """`expression is not null`."""
    return exp.Not(this=is_null(expression))


def is_not_true(expression: exp.Expr) -> exp.Expr:
    """`expression` is false or null."""
    return exp.Not(this=exp.Is(this=exp.paren(expression), expression=exp.true()))


class Comparer:
    """Builds comparisons for one statement at one moment."""

    def __init__(self, bind: Binder, present: Present) -> None:
        self.bind = bind
        self.present = present

    def during(self, moment: exp.Expr, window: w.Window) -> exp.Expr:
        """A moment lies in a window."""
        start, end = self.present.moments(window)
        parts: list[exp.Expr] = []
        if start is not None:
            parts.append(exp.GTE(this=moment, expression=self.bind(start, "moment")))
        if end is not None:
            parts.append(exp.LT(this=moment.copy(), expression=self.bind(end, "moment")))
        return exp.and_(*parts) if parts else is_there(moment)

    def moment(self, expression: exp.Expr, test: w.Comparison) -> exp.Expr:
        """A test of a column that holds a moment or null."""
        match test.op:
            case Op.EXISTS:
                return is_there(expression)
            case Op.MISSING:
                return is_null(expression)
            case _:
                return self.during(expression, test.window)

    def json(self, document: exp.Expr, key: str, test: w.Comparison) -> exp.Expr:
        """A test of what stands under a key of a JSON object."""
        name = self.bind(key, "text")
        text = dialects.json_text(document, name)
        if test.op is Op.HAS:
            part = dialects.json_part(document, name)
            has = dialects.json_list_has(part, self.bind(test.values[0], "text"), self.bind.dialect)
            return exp.and_(dialects.json_is(part.copy(), ("array",), self.bind.dialect), has)
        if _may_meet_structure(test):
            part = dialects.json_part(document.copy(), name.copy())
            is_structure = dialects.json_is(part, ("array", "object"), self.bind.dialect)
            flat = exp.Case(ifs=[exp.If(this=is_structure, true=exp.Null())], default=text)
            if test.op in (Op.NE, Op.NOT_IN):  # a list is not null, and it is not that text either
                return exp.and_(is_there(text.copy()), is_not_true(self._same(flat, test)))
            return self.text(flat, test)
        return self.text(text, test)

    def text(self, text: exp.Expr, test: w.Comparison) -> exp.Expr:
        """A test of a text or null."""
        match test.op:
            case Op.EXISTS:
                return is_there(text)
            case Op.MISSING:
                return is_null(text)
            case Op.EQ | Op.IN:
                return self._same(text, test)
            case Op.NE | Op.NOT_IN:
                return exp.and_(is_there(text), is_not_true(self._same(text.copy(), test)))
            case Op.CONTAINS:
                wanted = self.bind(str(test.values[0]).translate(_LOWER), "text")
                return exp.GT(this=exp.StrPosition(this=dialects.lower_ascii(text), substr=wanted), expression=exp.Literal.number(0))
            case Op.STARTS:
                wanted = self.bind(str(test.values[0]).translate(_LOWER), "text")
                return exp.StartsWith(this=dialects.lower_ascii(text), expression=wanted)
            case Op.DURING:
                return self._date_during(text, test.window)
            case Op.ANNIVERSARY:
                days = sorted(self.present.anniversaries(test.days))
                month_day = exp.Substring(this=text.copy(), start=exp.Literal.number(6), length=exp.Literal.number(5))
                dated = exp.and_(self._is_dated(text), self.bind.among(month_day, days, "texts"))
                return exp.or_(dated, self.bind.among(text.copy(), days, "texts"))
            case _:
                return self._order(self._number(text), test)

    def _same(self, text: exp.Expr, test: w.Comparison) -> exp.Expr:
        """The text is one of the values: numbers by what they say as numbers, everything else letter by letter."""
        texts = [value for value in test.values if isinstance(value, str)]
        texts += ["true" if value else "false" for value in test.values if isinstance(value, bool)]
        numbers = [value for value in test.values if isinstance(value, Decimal)]
        parts = [self.bind.among(text, texts, "texts")] if texts else []
        if numbers:
            parts.append(self.bind.among(self._number(text.copy()), numbers, "numerics"))
        return exp.or_(*parts)

    def _number(self, text: exp.Expr) -> exp.Expr:
        return dialects.number(text, self.bind.type("numeric"), self.bind(_NUMBER, "text"))

    def json_number(self, document: exp.Expr, key: str) -> exp.Expr:
        """The number under a key of a JSON object, also where it came as text; null where there is none."""
        return self._number(dialects.json_text(document, self.bind(key, "text")))

    def _is_dated(self, text: exp.Expr) -> exp.Expr:
        return exp.RegexpLike(this=text, expression=self.bind(_DATE, "text"))

    def _date_during(self, text: exp.Expr, window: w.Window) -> exp.Expr:
        first, end = self.present.days(window)
        day = dialects.bytewise(exp.Left(this=text.copy(), expression=exp.Literal.number(10)))
        parts = [self._is_dated(text)]
        if first is not None:
            parts.append(exp.GTE(this=day, expression=self.bind(first.isoformat(), "text")))
        if end is not None:
            parts.append(exp.LT(this=day.copy(), expression=self.bind(end.isoformat(), "text")))
        return exp.and_(*parts)

    def _order(self, expression: exp.Expr, test: w.Comparison) -> exp.Expr:
        """A number (exact, perhaps with a fraction) against the test's numbers."""
        values = [value for value in test.values if isinstance(value, Decimal)]
        match test.op:
            case Op.BETWEEN:
                return exp.Between(this=expression, low=self.bind(values[0], "numeric"), high=self.bind(values[1], "numeric"))
            case Op.EQ | Op.IN:
                return self.bind.among(expression, values, "numerics")
            case Op.NE | Op.NOT_IN:
                return exp.and_(is_there(expression), is_not_true(self.bind.among(expression.copy(), values, "numerics")))
            case _:
                return _ORDER[test.op](this=expression, expression=self.bind(values[0], "numeric"))

    def exact(self, expression: exp.Expr, test: w.Comparison) -> exp.Expr:
        """A numeric expression or null against the test."""
        match test.op:
            case Op.EXISTS:
                return is_there(expression)
            case Op.MISSING:
                return is_null(expression)
            case _:
                return self._order(expression, test)

    def ratio(self, total: exp.Expr, n: exp.Expr, test: w.Comparison, scale: int) -> exp.Expr:
        """`total / n` against the test, multiplied out so that nothing is rounded; n is null or at least 1."""
        if test.op is Op.EXISTS:
            return exp.GT(this=n, expression=exp.Literal.number(0))
        if test.op is Op.MISSING:
            return is_not_true(exp.GT(this=n, expression=exp.Literal.number(0)))
        values = [value * scale for value in test.values if isinstance(value, Decimal)]
        has_some = exp.GT(this=n, expression=exp.Literal.number(0))

        def times(value: Decimal) -> exp.Expr:
            return exp.Mul(this=self.bind(value, "numeric"), expression=n.copy())

        match test.op:
            case Op.BETWEEN:
                holds: exp.Expr = exp.Between(this=total, low=times(values[0]), high=times(values[1]))
            case Op.EQ | Op.IN | Op.NE | Op.NOT_IN:
                holds = exp.or_(*(exp.EQ(this=total.copy(), expression=times(value)) for value in values))
                if test.op in (Op.NE, Op.NOT_IN):
                    holds = exp.Not(this=exp.paren(holds))
            case _:
                holds = _ORDER[test.op](this=total, expression=times(values[0]))
        return exp.and_(has_some, holds)

    def whole(self, expression: exp.Expr, test: w.Comparison, scale: int = 1) -> exp.Expr:
        """A whole number (never rounded, so that an index can serve it) against the test's numbers times `scale`."""
        if test.op in (Op.EXISTS, Op.MISSING):
            return is_there(expression) if test.op is Op.EXISTS else is_null(expression)
        low, high = bounds(test, scale)
        if test.op in (Op.EQ, Op.IN, Op.NE, Op.NOT_IN):
            wanted = whole_values(test, scale)
            is_among = self.bind.among(expression, wanted, "bigints") if wanted else exp.false()
            return is_among if test.op in (Op.EQ, Op.IN) else exp.and_(is_there(expression.copy()), is_not_true(is_among))
        parts: list[exp.Expr] = []
        if low is not None:
            parts.append(exp.GTE(this=expression, expression=self.bind(low, "bigint")))
        if high is not None:
            parts.append(exp.LTE(this=expression.copy(), expression=self.bind(high, "bigint")))
        return exp.and_(*parts)


def _may_meet_structure(test: w.Comparison) -> bool:
    """Whether the text of a JSON list or object (it begins with a bracket) could satisfy the test, which it must not."""
    if test.op in (Op.CONTAINS, Op.STARTS):
        return True
    return test.op in w.CHOICE_OPS and any(isinstance(value, str) and value[:1] in "[{" for value in test.values)


def whole_values(test: w.Comparison, scale: int) -> list[int]:
    """The values of the test, in units, that a whole number can equal."""
    scaled = [value * scale for value in test.values if isinstance(value, Decimal)]
    return [int(value) for value in scaled if value == value.to_integral_value()]


def bounds(test: w.Comparison, scale: int) -> tuple[int | None, int | None]:
    """The smallest and the largest whole number that satisfy an ordering test (None is open). Other tests have neither."""
    values = [value * scale for value in test.values if isinstance(value, Decimal)]
    match test.op:
        case Op.GT:
            return math.floor(values[0]) + 1, None
        case Op.GTE:
            return math.ceil(values[0]), None
        case Op.LT:
            return None, math.ceil(values[0]) - 1
        case Op.LTE:
            return None, math.floor(values[0])
        case Op.BETWEEN:
            return math.ceil(values[0]), math.floor(values[1])
        case _:
            return None, None


def holds_for_zero(test: w.Comparison) -> bool:
    """Whether nought satisfies a test of numbers: whether people without any are in."""
    zero = Decimal(0)
    match test.op:
        case Op.EQ | Op.IN:
            return zero in test.values
        case Op.NE | Op.NOT_IN:
            return zero not in test.values
        case _:
            low, high = bounds(test, 1)
            return (low is None or low <= 0) and (high is None or high >= 0)
