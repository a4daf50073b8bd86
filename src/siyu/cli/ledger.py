"""`siyu ledger person | pnl | payback | spend | cost`: what everybody brought and cost, to the cent."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from siyu import pool
from siyu.analytics import ledger
from siyu.base.errors import InputError
from siyu.base.money import show, to_decimal, to_minor
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, language, report, table, word
from siyu.cli.whom import one_person


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "ledger", word("cli.ledger_about"), None))
    command(its, "person", word("cli.ledger_person"), run_person).add_argument(
        "person", metavar="PERSON", help=word("cli.person_identifier")
    )
    made = command(its, "pnl", word("cli.ledger_pnl"), run_pnl)
    _ruled(made, "last")
    made.add_argument("--from", dest="from_on", type=_day, metavar="DATE", help=word("cli.ledger_from"))
    made.add_argument("--to", dest="to_on", type=_day, metavar="DATE", help=word("cli.ledger_to"))
    back = command(its, "payback", word("cli.ledger_payback"), run_payback)
    _ruled(back, "first")
    back.add_argument("--horizon", type=int, default=ledger.HORIZON_DAYS, metavar="DAYS", help=word("cli.ledger_horizon"))
    spend = family(command(its, "spend", word("cli.ledger_spend"), None))
    one = command(spend, "add", word("cli.ledger_spend_add"), run_spend_add)
    one.add_argument("file", nargs="?", metavar="FILE", help=word("cli.ledger_file"))
    one.add_argument("--amount", metavar="MONEY", help=word("cli.ledger_amount"))
    one.add_argument("--from", dest="from_on", type=_day, metavar="DATE", help=word("cli.ledger_from"))
    one.add_argument("--to", dest="to_on", type=_day, metavar="DATE", help=word("cli.ledger_to"))
    for name in ledger.DIMENSIONS:
        one.add_argument(f"--{name}", default="", metavar="NAME", help=word("cli.ledger_for"))
    one.add_argument("--currency", default="", metavar="C", help=word("cli.ledger_currency"))
    one.add_argument("--note", default="", metavar="TEXT", help=word("cli.ledger_note"))
    one.add_argument("--ref", default="", metavar="TEXT", help=word("cli.ledger_ref"))
    command(spend, "list", word("cli.ledger_spend_list"), run_spend_list)
    cost = family(command(its, "cost", word("cli.ledger_cost"), None))
    command(cost, "add", word("cli.ledger_cost_add"), run_cost_add).add_argument("file", metavar="FILE", help=word("cli.ledger_file"))


def _ruled(made: argparse.ArgumentParser, rule: str) -> None:
    made.add_argument("--by", choices=ledger.DIMENSIONS, default="channel", help=word("cli.ledger_by"))
    made.add_argument("--rule", choices=[one.value for one in ledger.AttributionRule], default=rule, help=word("cli.ledger_rule"))


def _day(text: str) -> date:
    return date.fromisoformat(text)


def run_person(args: argparse.Namespace) -> int:
    """One person's account to date."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = ledger.person(conn, one_person(ground, conn, args.person))
    served = sum(found.served.values())
    rows = [
        (word(f"analytics.ledger_{name}"), show(minor, found.currency, lang=language()))
        for name, minor in (
            ("paid", found.paid), ("refunded", found.refunded), ("goods", -found.goods), ("margin", found.margin), ("won", -found.won),
            ("served", -served), ("net", found.net),
        )
    ]  # fmt: skip
    entries = [
        [
            f"{e.occurred_at:%Y-%m-%d}",
            word(f"analytics.ledger_what_{e.what}"),
            e.order_no or "",
            e.basis,
            show(e.amount_minor, e.currency, lang=language()),
        ]
        for e in found.entries[:20]
    ]
    lines = table(["", ""], rows, right=[1])[2:]
    if entries:
        lines += ["", *table([word("cli.ledger_col_day"), "", word("cli.ledger_col_order"), "", ""], entries, right=[4])]
    report(args, ledger.as_json(found), lines)
    return 0


def run_pnl(args: argparse.Namespace) -> int:
    """The P&L by a dimension under a rule."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = ledger.pnl(conn, by=args.by, rule=args.rule, period=(args.from_on, args.to_on))

    def money(minor: int | float | None) -> str:
        return "-" if minor is None else show(round(minor), found.currency, lang=language())

    def row(name: str, line: ledger.PnlLine) -> list[str]:
        return [
            name, f"{line.orders_milli / 1000:,.1f}", f"{line.first_milli / 1000:,.1f}", money(line.paid),
            money(line.refunded + line.adjusted),
            money(-line.goods), money(-line.spend), money(-line.served), money(line.net), money(_cac(found, line)),
        ]  # fmt: skip

    names = ("orders", "first", "paid", "refunded", "goods", "spend", "served", "net", "cac")
    head = [word(f"analytics.ledger_by_{found.by}"), *(word(f"analytics.ledger_{name}") for name in names)]
    rows = [row(line.key or word("analytics.ledger_nothing"), line) for line in found.lines]
    lines = [word("cli.ledger_pnl_head", rule=word(f"analytics.ledger_rule_{found.rule}"), by=head[0])]
    lines += table(head, [*rows, row(word("analytics.ledger_total"), found.total)], right=range(1, 10))
    if found.basis.default_margin:
        lines.append(word("analytics.ledger_assumed", share=f"{_share(found):.0%}"))
    report(args, ledger.as_json(found), lines)
    return 0


def _cac(found: ledger.Pnl, line: ledger.PnlLine) -> float | None:
    """What winning one cost: of all paid lines in the total, none where too few were won or nothing is named."""
    if line.is_few:
        return None
    return found.paid_cac if line is found.total else line.cac if line.key is not None else None


def _share(found: ledger.Pnl) -> float:
    basis = found.basis
    whole = basis.product + basis.margin + basis.default_margin
    return basis.default_margin / whole if whole else 0.0


def run_payback(args: argparse.Namespace) -> int:
    """When first-time buyers pay back what winning them cost."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = ledger.payback(conn, ground.clock.now(), by=args.by, rule=args.rule, horizon_days=args.horizon)
    rows = []
    for line in found.lines:
        shares = [f"{share:.0%} ({at_risk})" for day, share, _, _, at_risk in line.by_day if day in (30, 90, 180, 365)]
        state = word(f"analytics.ledger_cohort_{line.cohort}", days="-" if line.cohort_days is None else f"{line.cohort_days:.0f}")
        rows.append(
            [line.key or word("analytics.ledger_nothing"), f"{line.people:,}", show(line.cost_minor, found.currency, lang=language()),
             f"{line.paid_back:,}", f"{line.not_yet:,}", f"{line.never:,}",
             "-" if line.median_days is None else f"{line.median_days:.0f}", " ".join(shares), state]
        )  # fmt: skip
    names = ("people", "cost", "paid_back", "not_yet", "never", "median", "by_day", "cohort")
    head = [word(f"analytics.ledger_by_{found.by}"), *(word(f"analytics.ledger_col_{name}") for name in names)]
    lines = table(head, rows, right=range(1, 7)) if rows else [word("cli.ledger_no_spend")]
    report(args, ledger.as_json(found), lines)
    return 0


def run_spend_add(args: argparse.Namespace) -> int:
    """Record spend: one by options, or a table."""
    with opened(args) as ground, ground.db.tx() as conn:
        currency = pool.brand(conn).currency
        if args.file:
            spends, faults = ledger.read_spends(_bytes(args.file), args.currency or currency)
        else:
            if not args.amount or args.from_on is None:
                raise InputError(word("cli.ledger_spend_what"), word("cli.ledger_spend_what_remedy"), field="amount")
            unit = args.currency or currency
            dims = ledger.Dims(**{name: getattr(args, name) for name in ledger.DIMENSIONS})
            minor = to_minor(_decimal(args.amount), unit)
            spends, faults = [ledger.Spend(minor, args.from_on, args.to_on or args.from_on, dims, unit, args.note, args.ref)], []
        _refuse(faults)
        done = ledger.record_spend(ground, conn, spends, lang=language())
    report(args, {"recorded": done.new, "known": done.known}, [word("cli.ledger_recorded", new=done.new, known=done.known)])
    return 0


def run_spend_list(args: argparse.Namespace) -> int:
    """The spend that was recorded, newest first."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = [spend for spend, _ in ledger.spends(conn)]
    value = [
        {"from_on": one.from_on, "to_on": one.to_on, "amount_minor": one.amount_minor, "amount": to_decimal(one.amount_minor, one.currency),
         "currency": one.currency, **{name: said for name, said in one.dims._asdict().items() if said}, "note": one.note, "ref": one.ref}
        for one in found
    ]  # fmt: skip
    rows = [
        [one.from_on, one.to_on, show(one.amount_minor, one.currency, lang=language()), " / ".join(filter(None, one.dims)), one.note]
        for one in found
    ]
    head = [word("cli.ledger_col_day"), word("cli.ledger_col_until"), word("analytics.ledger_spend"), word("cli.ledger_col_for"), ""]
    report(args, {"spends": value}, table(head, rows, right=[2]))
    return 0


def run_cost_add(args: argparse.Namespace) -> int:
    """Keep what products cost, from a table; the ledger restates the goods sold."""
    with opened(args) as ground, ground.db.tx() as conn:
        costs, faults = ledger.read_costs(_bytes(args.file), pool.brand(conn).currency)
        _refuse(faults)
        changed = ledger.set_costs(ground, conn, costs, lang=language())
    report(args, {"changed": changed, "rows": len(costs)}, [word("cli.ledger_costs_kept", changed=changed, rows=len(costs))])
    return 0


def _refuse(faults: Sequence[ledger.Fault]) -> None:
    """All rows or none: a table with a fault is told whole, so that it can be mended in one go."""
    if faults:
        told = "; ".join(
            word("analytics.ledger_fault", row=one.row, field=one.field, why=word(f"analytics.ledger_fault_{one.code}"))
            for one in faults[:20]
        )
        raise InputError(word("cli.ledger_faults", n=len(faults), told=told), word("cli.ledger_faults_remedy"), field="file")


def _bytes(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError:
        raise InputError(word("cli.ledger_no_file", file=file), word("cli.ledger_no_file_remedy"), field="file") from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InputError(word("cli.ledger_no_amount"), word("cli.ledger_no_amount_remedy"), field="amount") from None
