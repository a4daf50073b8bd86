"""The whole statement: profiles, the sets a rule needs, its condition; and what is asked of the members."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlglot import exp

from siyu.pool import Brand
from siyu.segments import words as w
from siyu.segments.compile.binding import DIALECTS, Binder
from siyu.segments.compile.comparing import Comparer
from siyu.segments.compile.sets import PERSON, Sets
from siyu.segments.compile.tree import Tree, column
from siyu.segments.errors import RuleError
from siyu.segments.windows import Present
from siyu.segments.words import Compiled, SegmentId


def compile(
    rule: w.Rule, *, now: datetime, brand: Brand, others: Mapping[SegmentId, w.Rule] | None = None, dialect: str = "postgres"
) -> Compiled:
    """One statement that selects the `person_id` of every member at the moment `now`, each once, in no order.

    Windows are [now - d, now). `others` holds the rules of the segments that this one mentions, and theirs. In PostgreSQL the parameters
    are written `%(name)s`, in DuckDB `$name`. Raises `RuleError` for a segment that `others` does not hold.
    """
    return Statement(rule, now=now, brand=brand, others=others, dialect=dialect).people()


class Statement:
    """A rule, translated once, of which several things can be asked."""

    def __init__(
        self, rule: w.Rule, *, now: datetime, brand: Brand, others: Mapping[SegmentId, w.Rule] | None = None, dialect: str = "postgres"
    ) -> None:
        if dialect not in DIALECTS:
            raise RuleError("not_one_of", "dialect", dialect, options=", ".join(DIALECTS))
        self._bind = Binder(dialect)
        self._sets = Sets(self._bind, Comparer(self._bind, Present(now, brand.time_zone)), brand.currency, brand.time_zone)
        self._tree = Tree(self._sets, others or {})
        self._where = self._tree.node(rule.where, is_top=True)

    def people(self) -> Compiled:
        """Every member's `person_id`."""
        return self._compiled(exp.select(column(PERSON)))

    def count(self) -> Compiled:
        """How many members."""
        return self._compiled(exp.select(exp.Count(this=exp.Star())))

    def page(self, after: int, limit: int) -> Compiled:
        """The `person_id` of the next members behind `after`, in the order of their numbers."""
        found = exp.select(column(PERSON)).where(exp.GT(this=column(PERSON), expression=self._bind(after, "bigint")))
        return self._compiled(found.order_by(column(PERSON)).limit(limit))

    def ordered(self) -> Compiled:
        """Every member's `person_id`, in the order of the numbers."""
        return self._compiled(exp.select(column(PERSON)).order_by(column(PERSON)))

    def overview(self, limit: int) -> Compiled:
        """(stage, how many members, null) and (null, null, person_id) of a few members: both from one look."""
        latest = exp.Ordered(this=exp.column("last_seen_at"), desc=True, nulls_first=False)
        nothing, nobody = exp.cast(exp.Null(), "text"), exp.cast(exp.Null(), "bigint")
        few = exp.select(nothing, nobody, exp.column(PERSON)).from_("m").order_by(latest, exp.column(PERSON)).limit(limit)
        stages = exp.select(exp.column("stage"), exp.Count(this=exp.Star()), nobody.copy()).from_("m").group_by(exp.column("stage"))
        members = self._select(exp.select(column(PERSON), column("stage"), column("last_seen_at")))
        both = exp.union(stages, exp.select("*").from_(few.subquery("few")), distinct=False)
        whole = both.with_("m", as_=members, materialized=True)
        return Compiled(whole.sql(self._bind.dialect), dict(self._bind.params))

    def sample(self, columns: tuple[str, ...], limit: int) -> Compiled:
        """Some members with columns of their profiles: those seen most lately."""
        latest = exp.Ordered(this=column("last_seen_at"), desc=True, nulls_first=False)
        return self._compiled(exp.select(*map(column, columns)).order_by(latest, column(PERSON)).limit(limit))

    def _compiled(self, select: exp.Select) -> Compiled:
        return Compiled(self._select(select).sql(self._bind.dialect), dict(self._bind.params))

    def _select(self, select: exp.Select) -> exp.Select:
        whole = select.from_(exp.alias_(exp.to_table("profiles"), "p", table=True))
        for joined in self._sets.joined():
            on = exp.EQ(this=exp.column(PERSON, joined.alias), expression=column(PERSON))
            whole = whole.join(joined.subquery(), on=on, join_type="left")
        if not isinstance(self._where, exp.Boolean) or not self._where.this:
            whole = whole.where(self._where)
        return whole


def each(
    nodes: list[w.Node], *, now: datetime, brand: Brand, others: Mapping[SegmentId, w.Rule] | None = None
) -> Compiled:  # fmt: skip
    """One row with as many counts as there are nodes: how many people each holds for, alone. One look over profiles serves them all."""
    bind = Binder("postgres")
    sets = Sets(bind, Comparer(bind, Present(now, brand.time_zone)), brand.currency, brand.time_zone)
    tree = Tree(sets, others or {})
    counts = [exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=tree.node(node))) for node in nodes]
    whole = exp.select(*counts).from_(exp.alias_(exp.to_table("profiles"), "p", table=True))
    for joined in sets.joined():
        on = exp.EQ(this=exp.column(PERSON, joined.alias), expression=column(PERSON))
        whole = whole.join(joined.subquery(), on=on, join_type="left")
    return Compiled(whole.sql("postgres"), dict(bind.params))
