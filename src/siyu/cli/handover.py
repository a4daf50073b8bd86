"""`siyu handover ask | list | waiting`: customers who go from one guide to another."""

from __future__ import annotations

import argparse
from typing import Any

from siyu import vendors
from siyu.base.errors import NotFoundError
from siyu.base.ground import Ground
from siyu.base.text import say
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, language, report, table, word
from siyu.sources import handing

_SHOWN = 20


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "handover", word("cli.handover_about"), None))
    asked = command(its, "ask", word("cli.handover_ask"), run_ask)
    asked.add_argument("from_guide", metavar="FROM", help=word("cli.handover_from"))
    asked.add_argument("to_guide", metavar="TO", help=word("cli.handover_to"))
    asked.add_argument("--customer", action="append", metavar="EXTERNAL_USERID", help=word("cli.handover_customer"))
    asked.add_argument("--most", type=int, default=None, metavar="N", help=word("cli.handover_most"))
    asked.add_argument("--corp", default=None, metavar="CORP", help=word("cli.handover_corp"))
    shown = command(its, "list", word("cli.handover_list"), run_list)
    shown.add_argument("--state", choices=[str(one) for one in handing.HandingState], default=None)
    shown.add_argument("--limit", type=int, default=50)
    command(its, "waiting", word("cli.handover_waiting"), run_waiting)


def run_ask(args: argparse.Namespace) -> int:
    """Hand customers on: who is on the way, and who was refused and why."""
    with opened(args) as ground:
        corp = _corp(ground, args.corp)
        asked = handing.ask(ground, corp, args.from_guide, args.to_guide, args.customer, most=args.most, by="cli", lang=language())
    lines = [word("cli.handover_asked", n=len(asked.handing_ids), refused=len(asked.refused))]
    if asked.refused:
        rows = [[one.external_userid, _why(one.why), one.until or "-"] for one in asked.refused[:_SHOWN]]
        lines += table([word(f"cli.handover_col_{name}") for name in ("customer", "why", "until")], rows)
    report(args, {"begun": len(asked.handing_ids), "refused": asked.refused}, lines)
    return 0


def _corp(ground: Ground, given: str | None) -> str:
    with ground.db.tx() as conn:
        corps = sorted({one.app_id for one in vendors.accounts(conn, vendors.VendorKind.WECOM)})
    if given in corps or (given is None and len(corps) == 1):
        return given or corps[0]
    raise NotFoundError(word("cli.handover_no_corp"), word("cli.handover_no_corp_remedy", corps=", ".join(corps) or "-"))


def run_list(args: argparse.Namespace) -> int:
    """The hand-overs, the newest first, and what became of each."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = handing.handings(conn, state=args.state, limit=args.limit)
        counts = handing.counts(conn)
    head = [word(f"cli.handover_col_{name}") for name in ("id", "from", "to", "customer", "state", "why", "asked")]
    rows = [
        [
            one.handing_id, one.from_guide, one.to_guide, one.external_userid, say(f"sources.handing_state_{one.state}", language()),
            _why(one.code) if one.code else "-", one.asked_at,
        ]
        for one in found
    ]  # fmt: skip
    lines = table(head, rows, right=[0]) if rows else [word("cli.handover_none")]
    report(args, {"counts": {str(state): n for state, n in counts.items()}, "handovers": found}, lines)
    return 0


def run_waiting(args: argparse.Namespace) -> int:
    """Guides who left and whose customers wait for somebody."""
    with opened(args) as ground, ground.db.tx() as conn:
        found = handing.waiting(conn)
    head = [word(f"cli.handover_col_{name}") for name in ("from", "name", "left", "customers", "under_way")]
    rows = [[one.guide, one.name or "-", one.left_at, f"{one.count:,}", f"{one.under_way:,}"] for one in found]
    report(args, {"waiting": found}, table(head, rows, right=[3, 4]) if rows else [word("cli.handover_nobody_waits")])
    return 0


def _why(code: str) -> str:
    """A reason of ours in words, or what the vendor's code means."""
    ours = say(f"sources.handing_why_{code}", language())
    if ours != f"sources.handing_why_{code}":
        return ours
    return f"{vendors.explain(vendors.VendorKind.WECOM, code, language()).what} ({code})"
