"""`siyu worth`: the pool as an asset, from the newest scoring run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from siyu.analytics import assumptions, scores, valuation
from siyu.analytics.scores import ScoreRun
from siyu.analytics.valuation import Amount, Figures, Valuation
from siyu.base.errors import NotFoundError
from siyu.base.money import show
from siyu.cli.opening import opened
from siyu.cli.screen import command, language, report, table, word


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    made = command(subparsers, "worth", word("cli.worth_about"), run)
    made.add_argument("--margin", type=float, default=None, metavar="SHARE", help=word("cli.diagnose_margin"))
    made.add_argument("--growth", type=float, default=None, metavar="SHARE", help=word("cli.worth_growth"))


def run(args: argparse.Namespace) -> int:
    """Value the pool by the newest run and today's assumptions. Raises `NotFoundError` before the first run."""
    with opened(args) as ground, ground.db.tx() as conn:
        it = scores.newest(conn, "done")
        if it is None:
            raise NotFoundError(word("cli.score_never"), word("cli.worth_none_remedy"))
        held = assumptions.assumptions(conn, it.currency)
    given = {name: value for name, value in (("margin", args.margin), ("growth", args.growth)) if value is not None}
    a = assumptions.changed(held, given)
    f = Figures.of_dict(it.figures)
    v = valuation.valuation(f, a)
    told = {"currency": it.currency, "run": it.run_id, "observed_on": str(it.observed_on), "model": it.model, "runner_up": it.runner_up}
    report(args, told | valuation.as_json(v, f, a), _lines(it, v, f, a))
    return 0


def _lines(it: ScoreRun, v: Valuation, f: Figures, a: assumptions.Assumed) -> Iterator[str]:
    lang = language()

    def money(minor: float) -> str:
        return show(round(minor), it.currency, short=True, lang=lang)

    def banded(one: Amount) -> str:
        return word("cli.worth_banded", value=money(one.minor), low=money(one.low), high=money(one.high))

    yield word("cli.worth_head", day=it.observed_on, buyers=f"{f.customers:,}", margin=f"{a.margin:.0%}", rate=f"{a.yearly_discount:.0%}")
    yield word("cli.worth_value", months=a.horizon_months, value=banded(v.value))
    yield word("cli.worth_lasting", value=banded(v.lasting))
    if f.is_fading:
        yield word("cli.worth_fading", keep=f"{a.yearly_keep:.0%}")
    if not f.rounds:
        yield word("cli.worth_untested")
    yield ""
    rows = [
        [word(f"cli.worth_scenario_{one.key}"), *(money(year.net_minor) for year in one.years), money(one.value.minor)]
        for one in v.scenarios
    ]
    head = [word("cli.worth_scenario"), *(word("cli.worth_year", n=n) for n in (1, 2, 3)), word("cli.worth_today")]
    yield from table(head, rows, right=[1, 2, 3, 4])
    yield ""
    spans = [[str(one.months), money(one.first_minor), money(one.later_minor), banded(one.allowable)] for one in v.allowable]
    yield from table([word(f"cli.worth_col_{name}") for name in ("months", "first", "later", "allowable")], spans, right=[0, 1, 2, 3])
