"""Sets of people that stand beside the profiles: one aggregated subquery per (what, filters, window), however often a rule asks it.

Facts, orders and scores remember the identifier they came with; who that is today says `identifiers.person_id`. Every set has at most
one row per person, so joining it never doubles anybody.
"""

from __future__ import annotations

from datetime import timedelta

from sqlglot import exp

from siyu.base import money
from siyu.segments import words as w
from siyu.segments.compile.binding import Binder
from siyu.segments.compile.comparing import Comparer, is_null, is_there
from siyu.segments.words import Measure, Op

PERSON = "person_id"


class People:
    """One set of people: joined once, with its measures as columns, or asked for with EXISTS where all that counts is who is in it."""

    def __init__(self, alias: str, body: exp.Select, people: str, bind: Binder) -> None:
        self.alias = alias
        self.is_joined = False
        self._body = body
        self._person = exp.column(PERSON, people)
        self._bind = bind
        self._columns: dict[str, tuple[str, exp.Expr]] = {}

    def has(self, *, is_top: bool = False) -> exp.Expr:
        """The person is in the set. `is_top`: nothing but "and" stands above, so that the planner can make a semi-join of it."""
        return self._exists() if is_top else is_there(self._column(PERSON))

    def lacks(self, *, is_top: bool = False) -> exp.Expr:
        """The person is not in the set."""
        return exp.Not(this=self._exists()) if is_top else is_null(self._column(PERSON))

    def measure(self, expression: exp.Expr) -> exp.Expr:
        """An aggregate over the person's rows; null for people who are not in the set."""
        text = expression.sql(self._bind.dialect)
        name, _ = self._columns.setdefault(text, (f"m{len(self._columns)}", expression))
        return self._column(name)

    def subquery(self) -> exp.Subquery:
        """The set as it is joined: one row a person."""
        body = self._body.select(self._person).group_by(self._person)
        for name, expression in self._columns.values():
            body = body.select(exp.alias_(expression, name), copy=False)
        return exp.Subquery(this=body, alias=_alias(self.alias))

    def _exists(self) -> exp.Expr:
        mine = exp.EQ(this=self._person.copy(), expression=exp.column(PERSON, "p"))
        return exp.Exists(this=self._body.select(exp.Literal.number(1)).where(mine))

    def _column(self, name: str) -> exp.Expr:
        self.is_joined = True
        return exp.column(name, self.alias)


class Sets:
    """All sets of one statement."""

    def __init__(self, bind: Binder, compare: Comparer, currency: str, time_zone: str) -> None:
        self.bind = bind
        self.compare = compare
        self.currency = currency
        self.time_zone = time_zone
        self._sets: dict[str, People] = {}

    def joined(self) -> list[People]:
        """The sets whose columns the statement uses."""
        return [one for one in self._sets.values() if one.is_joined]

    def _set(self, body: exp.Select, people: str = "i") -> People:
        text = body.sql(self.bind.dialect)
        if text not in self._sets:
            self._sets[text] = People(f"s{len(self._sets)}", body, people, self.bind)
        return self._sets[text]

    # --- facts

    def facts(self, type_: str, filters: tuple[w.Filter, ...], window: w.Window, currency: str, *, is_money: bool = False) -> People:
        """People with facts of a type that pass the filters in the window; with `is_money`, with an amount in the currency."""
        body = self._facts("f", "i", type_, filters, window, currency)
        return self._set(body.where(self.in_currency("f", currency)) if is_money else body)

    def _facts(
        self, facts: str, people: str, type_: str, filters: tuple[w.Filter, ...], window: w.Window, currency: str
    ) -> exp.Select:  # fmt: skip
        found = _of_people(exp.alias_(exp.to_table("facts"), facts, table=True), facts, people)
        found = found.where(exp.EQ(this=exp.column("type", facts), expression=self.bind(type_, "text")))
        if window != w.EVER:
            found = found.where(self.compare.during(exp.column("occurred_at", facts), window))
        for test in filters:
            found = found.where(self._filter(facts, test, currency))
        return found

    def _filter(self, facts: str, test: w.Filter, currency: str) -> exp.Expr:
        match test.field:
            case "amount":
                amount = self.compare.whole(exp.column("amount_minor", facts), test.test, units(currency))
                return amount if test.test.op in w.BARE_OPS else exp.and_(self.in_currency(facts, currency), amount)
            case "source":
                return self.of_sources(facts, tuple(map(str, test.test.values)), is_in=test.test.op in (Op.EQ, Op.IN))
            case "object" | "currency":
                return self.compare.text(exp.column(test.field, facts), test.test)
            case _:
                return self.compare.json(exp.column("data", facts), test.field.removeprefix("data."), test.test)

    def of_sources(self, table: str, names: tuple[str, ...], *, is_in: bool = True) -> exp.Expr:
        """Rows of sources by their names."""
        is_named = self.bind.among(exp.column("name", "o"), list(names), "texts")
        sources = exp.select(exp.column("source_id", "o")).from_(exp.alias_(exp.to_table("sources"), "o", table=True))
        sources = sources.where(is_named if is_in else exp.Not(this=exp.paren(is_named)))
        return exp.In(this=exp.column("source_id", table), query=sources.subquery(copy=False))

    def in_currency(self, table: str, currency: str) -> exp.Expr:
        """Rows in one currency."""
        return exp.EQ(this=exp.column("currency", table), expression=self.bind(currency, "text"))

    def fact_measure(self, people: People, measure: Measure, of: str) -> exp.Expr:
        """A measure of a set of facts, but for `avg`, which is a sum and a number of values."""
        at = exp.column("occurred_at", "f")
        match measure:
            case Measure.COUNT:
                return people.measure(exp.Count(this=exp.Star()))
            case Measure.DAYS:
                local = exp.AtTimeZone(this=at, zone=self.bind(self.time_zone, "text"))
                day = exp.Cast(this=exp.paren(local), to=exp.DataType.build("date"))
                return people.measure(exp.Count(this=exp.Distinct(expressions=[day])))
            case Measure.OBJECTS:
                pair = exp.Tuple(expressions=[exp.column("source_id", "f"), exp.column("object", "f")])
                return people.measure(_only(exp.Count(this=exp.Distinct(expressions=[pair])), is_there(exp.column("object", "f"))))
            case Measure.FIRST_AT:
                return people.measure(exp.Min(this=at))
            case Measure.LAST_AT:
                return people.measure(exp.Max(this=at))
            case Measure.SUM:
                return people.measure(_or_zero(exp.Sum(this=self._of(of))))
            case Measure.MIN:
                return people.measure(exp.Min(this=self._of(of)))
            case _:
                return people.measure(exp.Max(this=self._of(of)))

    def fact_average(self, people: People, of: str) -> tuple[exp.Expr, exp.Expr]:
        """The sum and the number of the values that an average is made of."""
        return people.measure(exp.Sum(this=self._of(of))), people.measure(exp.Count(this=self._of(of)))

    def bought_orders(self, people: People) -> exp.Expr:
        """How many orders: a line without an order number is an order of its own, as in the pool."""
        blank = exp.Nullif(this=exp.column("object", "f"), expression=exp.Literal.string(""))
        key = exp.Cast(this=exp.column("key", "f"), to=self.bind.type("text"))
        pair = exp.Tuple(expressions=[exp.column("source_id", "f"), exp.Coalesce(this=blank, expressions=[key])])
        return people.measure(exp.Count(this=exp.Distinct(expressions=[pair])))

    def _of(self, of: str) -> exp.Expr:
        if of == "amount":
            return exp.column("amount_minor", "f")
        return self.compare.json_number(exp.column("data", "f"), of.removeprefix("data."))

    # --- sequences

    def sequence(self, node: w.Followed) -> People:
        """People for whom a first step was followed (or not) by another."""
        present = self.compare.present
        found = self._facts("f", "i", node.first.type, node.first.filters, node.window, self.currency)
        began, came = exp.column("occurred_at", "f"), exp.column("occurred_at", "g")
        later = self._facts("g", "j", node.then.type, node.then.filters, w.EVER, self.currency)
        later = later.select(exp.Literal.number(1)).where(
            exp.EQ(this=exp.column(PERSON, "j"), expression=exp.column(PERSON, "i")),
            exp.GT(this=came, expression=began),
        )
        start, end = present.moments(node.window)
        if start is not None:  # nothing new for the answer, but a month that is too early need not be read
            later = later.where(exp.GT(this=came.copy(), expression=self.bind(start, "moment")))
        if node.within is not None:
            until = exp.Add(this=began.copy(), expression=self.bind(node.within, "duration"))
            later = later.where(exp.LTE(this=came.copy(), expression=until))
            if end is not None:
                later = later.where(exp.LT(this=came.copy(), expression=self.bind(end + node.within, "moment")))
            if not node.is_done:
                over = self.bind(present.now - node.within, "moment")
                found = found.where(exp.LTE(this=began.copy(), expression=over))
        exists: exp.Expr = exp.Exists(this=later)
        return self._set(found.where(exists if node.is_done else exp.Not(this=exists)))

    # --- orders

    def orders(self, node: w.Orders, currency: str) -> People:
        """People with orders of the sources, paid in the window; those in the currency where money is measured."""
        body = _of_people(exp.alias_(exp.to_table("orders"), "d", table=True), "d")
        if node.sources:
            body = body.where(self.of_sources("d", node.sources))
        if node.measure in w.MONEY_MEASURES:
            body = body.where(self.in_currency("d", currency))
        if node.window != w.EVER:
            body = body.where(self.compare.during(exp.column("paid_at", "d"), node.window))
        return self._set(body)

    def order_measure(self, people: People, measure: Measure) -> exp.Expr:
        """A measure of a set of orders, but for `average`."""
        paid_at = exp.column("paid_at", "d")
        match measure:
            case Measure.COUNT:
                return people.measure(exp.Count(this=paid_at))
            case Measure.FIRST_AT:
                return people.measure(exp.Min(this=paid_at))
            case Measure.LAST_AT | Measure.DAYS_SINCE_LAST:
                return people.measure(exp.Max(this=paid_at))
            case Measure.SPENT:
                amount: exp.Expr = exp.column("paid_minor", "d")
            case Measure.REFUNDED:
                amount = exp.column("refunded_minor", "d")
            case _:
                amount = exp.Sub(this=exp.column("paid_minor", "d"), expression=exp.column("refunded_minor", "d"))
        return people.measure(_or_zero(exp.Sum(this=amount)))

    def order_average(self, people: People) -> tuple[exp.Expr, exp.Expr]:
        """Spend and number of the paid orders."""
        return people.measure(exp.Sum(this=exp.column("paid_minor", "d"))), people.measure(exp.Count(this=exp.column("paid_at", "d")))

    # --- scores

    def scored(self, name: str, fresh: timedelta | None) -> People:
        """People with a score of the name, each with one row: the newest among their identifiers, unless it is older than `fresh`."""

        def when(alias: str) -> exp.Expr:
            return exp.Tuple(expressions=[exp.column("as_of", alias), exp.column("fact_key", alias)])

        def named(alias: str) -> exp.Expr:
            return exp.EQ(this=exp.column("name", alias), expression=self.bind(name, "text"))

        newer = _of_people(exp.alias_(exp.to_table("scores"), "e", table=True), "e", "j").select(exp.Literal.number(1))
        newer = newer.where(
            exp.EQ(this=exp.column(PERSON, "j"), expression=exp.column(PERSON, "i")),
            named("e"),
            exp.GT(this=when("e"), expression=when("c")),
        )
        body = _of_people(exp.alias_(exp.to_table("scores"), "c", table=True), "c").where(named("c"), exp.Not(this=exp.Exists(this=newer)))
        if fresh is not None:
            oldest = self.bind(self.compare.present.now - fresh, "moment")
            body = body.where(exp.GTE(this=exp.column("as_of", "c"), expression=oldest))
        return self._set(body)

    # --- consents and identifiers

    def _words(self, channel: str, purpose: str, alias: str) -> list[exp.Expr]:
        return [
            self.bind.among(exp.column("channel", alias), [channel, "*"], "texts"),
            self.bind.among(exp.column("purpose", alias), [purpose, "*"], "texts"),
        ]

    def said(self, channel: str, purpose: str) -> People:
        """People with any word on the channel and the purpose, `*` included."""
        body = _of_people(exp.alias_(exp.to_table("consents"), "c", table=True), "c")
        return self._set(body.where(*self._words(channel, purpose, "c")))

    def refused(self, channel: str, purpose: str) -> People:
        """People one of whose identifiers said no with its latest word."""

        def when(alias: str) -> exp.Expr:
            return exp.Tuple(expressions=[exp.column("decided_at", alias), exp.column("fact_key", alias)])

        later = (
            exp.select(exp.Literal.number(1))
            .from_(exp.alias_(exp.to_table("consents"), "e", table=True))
            .where(
                exp.EQ(this=exp.column("subject", "e"), expression=exp.column("subject", "c")),
                *self._words(channel, purpose, "e"),
                exp.GT(this=when("e"), expression=when("c")),
            )
        )
        body = _of_people(exp.alias_(exp.to_table("consents"), "c", table=True), "c").where(*self._words(channel, purpose, "c"))
        return self._set(body.where(exp.Not(this=exp.column("is_given", "c")), exp.Not(this=exp.Exists(this=later))))

    def identified(self, kinds: tuple[str, ...], scope: str = "", *, deliverable: bool = False) -> People:
        """People with an identifier of one of the kinds."""
        body = exp.select().from_(exp.alias_(exp.to_table("identifiers"), "i", table=True))
        body = body.where(self.bind.among(exp.column("kind", "i"), list(kinds), "texts"))
        if scope:
            body = body.where(exp.EQ(this=exp.column("scope", "i"), expression=self.bind(scope, "text")))
        if deliverable:
            body = body.where(is_null(exp.column("unreachable_at", "i")), is_null(exp.column("erased_at", "i")))
        return self._set(body)

    def in_contact(self, leaf: w.ContactIs) -> People:
        """People who have such a guide now, or are in such a chat."""
        is_guide = leaf.side is w.Side.GUIDE
        table, key, way, since, now = (
            ("contacts", "guide", "add_way", "added_at", "is_active")
            if is_guide
            else ("group_members", "chat_id", "join_scene", "joined_at", "is_in")
        )
        body = _of_people(exp.alias_(exp.to_table(table), "c", table=True), "c").where(exp.column(now, "c"))
        if leaf.ids:
            body = body.where(self.bind.among(exp.column(key, "c"), list(leaf.ids), "texts"))
        if leaf.ways:
            body = body.where(self.bind.among(exp.column(way, "c"), list(leaf.ways), "bigints"))
        if leaf.states:
            body = body.where(self.bind.among(exp.column("state", "c"), list(leaf.states), "texts"))
        if leaf.corp:
            body = body.where(exp.EQ(this=exp.column("corp", "c"), expression=self.bind(leaf.corp, "text")))
        if leaf.window != w.EVER:
            body = body.where(self.compare.during(exp.column(since, "c"), leaf.window))
        return self._set(body)


def _of_people(rows: exp.Expr, alias: str, people: str = "i") -> exp.Select:
    """Rows that remember an identifier (`subject`), with today's person of it."""
    on = exp.EQ(this=exp.column("identifier_id", people), expression=exp.column("subject", alias))
    return exp.select().from_(rows).join(exp.alias_(exp.to_table("identifiers"), people, table=True), on=on)


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name))


def _only(aggregate: exp.Expr, condition: exp.Expr) -> exp.Expr:
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition))


def _or_zero(expression: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=expression, expressions=[exp.Literal.number(0)])


def units(currency: str) -> int:
    """How many minor units make one of the currency."""
    return int(10 ** money.digits(currency))
