"""`siyu overview`: the figures of the whole pool."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from siyu import analytics
from siyu.base.money import show
from siyu.cli.opening import opened
from siyu.cli.screen import command, language, report, table, word


def add(subparsers: Any) -> None:
    """The grammar of this command."""
    command(subparsers, "overview", word("cli.overview_about"), run)


def run(args: argparse.Namespace) -> int:
    """Print the figures as of now; docs/metrics.md defines them."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = analytics.overview(ground, conn)
    report(args, analytics.overview_json(found), _lines(found))
    return 0


def _lines(found: analytics.Overview) -> Iterator[str]:
    lang = language()

    def money(minor: int) -> str:
        return show(minor, found.currency, lang=lang)

    def share(part: float | None) -> str:
        return "-" if part is None else f"{part:.1%}"

    rows = [
        (word("cli.overview_lines"), f"{found.lines:,}"),
        (word("cli.overview_all_lines"), money(found.all_lines_minor)),
        (word("cli.overview_customers"), f"{found.customers:,}"),
        (word("cli.overview_sales"), money(found.sales_minor)),
        (word("cli.overview_orders"), f"{found.orders:,}"),
        (word("cli.overview_buyers"), f"{found.buyers:,}"),
        (word("cli.overview_cancellations"), money(found.cancellations_minor)),
        (word("cli.overview_anonymous"), money(found.anonymous_sales_minor)),
        (word("cli.overview_people"), f"{found.people:,}"),
        (word("cli.overview_repeat"), share(found.repeat_rate)),
    ]
    yield word("cli.overview_head", first=found.first_on or "-", last=found.last_on or "-", as_of=f"{found.as_of:%Y-%m-%d %H:%M}")
    yield from table(["", ""], rows, right=[1])[2:]
    stages = [(stage, f"{count:,}") for stage, count in found.stages.items() if count]
    if stages:
        yield ""
        yield from table([word("cli.overview_stage"), word("cli.overview_people")], stages, right=[1])
