"""`siyu code list | show | make`: live codes."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from siyu import growth, pool
from siyu.base.errors import InputError
from siyu.base.text import say
from siyu.cli.opening import opened
from siyu.cli.screen import command, family, language, report, table, word
from siyu.growth import CodeGuide, CodeKind, Draft, Rotation, Welcome
from siyu.vendors import AccountState, VendorKind, accounts

_PERIOD = timedelta(days=30)


def add(subparsers: Any) -> None:
    """The grammar of this family of commands."""
    its = family(command(subparsers, "code", word("cli.code_about"), None))
    command(its, "list", word("cli.code_list"), run_list)
    shown = command(its, "show", word("cli.code_show"), run_show)
    shown.add_argument("code_id", metavar="CODE", type=int)
    made = command(its, "make", word("cli.code_make"), run_make)
    made.add_argument("name", metavar="NAME")
    made.add_argument("--kind", choices=[str(one) for one in CodeKind], default=str(CodeKind.PERSON))
    made.add_argument("--guide", action="append", default=[], metavar="USERID[:CAP]", help=word("cli.code_guide"))
    made.add_argument("--stand-in", action="append", default=[], metavar="USERID", help=word("cli.code_stand_in"))
    made.add_argument("--chat", action="append", default=[], metavar="CHAT", help=word("cli.code_chat"))
    made.add_argument("--rotation", choices=[str(one) for one in Rotation], default=str(Rotation.EVEN))
    made.add_argument("--welcome", type=int, metavar="CONTENT", help=word("cli.code_welcome"))
    made.add_argument("--cost", type=int, default=0, metavar="MINOR", help=word("cli.code_cost"))
    made.add_argument("--account", type=int, default=0, metavar="ACCOUNT", help=word("cli.code_account"))


def run_list(args: argparse.Namespace) -> int:
    """All codes that are open, with whose turn it is and thirty days' figures."""
    with opened(args) as ground, ground.db.tx() as conn:
        now, zone = ground.clock.now(), pool.brand(conn).time_zone
        codes = growth.codes(conn)
        stand = growth.standing(ground, conn, codes)
        funnels = growth.funnels(conn, [one.code_id for one in codes], now - _PERIOD, now, zone)
        lost = growth.stranded(conn, codes)
    shown = [
        {
            "code_id": one.code_id, "name": one.draft.name, "kind": one.draft.kind, "now": stand[one.code_id].users,
            "adds": funnels[one.code_id].adds, "kept": funnels[one.code_id].kept, "bought": funnels[one.code_id].bought,
            "error": one.tell_error, "corp": one.corp, "is_stranded": one.code_id in lost,
        }
        for one in codes
    ]  # fmt: skip
    head = [word(f"cli.code_col_{name}") for name in ("id", "name", "kind", "now", "adds", "kept", "bought")]
    rows = [
        [
            row["code_id"],
            row["name"],
            row["kind"],
            word("cli.code_stranded") if row["is_stranded"] else " ".join(stand[one.code_id].users) or "-",
            row["adds"],
            row["kept"],
            row["bought"],
        ]
        for one, row in zip(codes, shown, strict=True)
    ]
    report(args, {"days": _PERIOD.days, "codes": shown}, table(head, rows, right=[0, 4, 5, 6]))
    return 0


def run_show(args: argparse.Namespace) -> int:
    """One code: its guides, why each may or may not take the next customer, and thirty days' figures."""
    with opened(args) as ground, ground.db.tx() as conn:
        now, zone = ground.clock.now(), pool.brand(conn).time_zone
        code = growth.code(conn, args.code_id)
        stand = growth.standing(ground, conn, [code])[code.code_id]
        funnel = growth.funnels(conn, [code.code_id], now - _PERIOD, now, zone)[code.code_id]
    guides = [
        {"guide": one.guide, "today": stand.counts[one.guide].today, "cap": one.daily_cap, "why": stand.turn.whys.get(one.guide)}
        for one in code.draft.guides
    ]
    head = [word(f"cli.code_col_{name}") for name in ("guide", "today", "cap", "why")]
    rows = [
        [one["guide"], one["today"], "-" if one["cap"] is None else one["cap"], say(f"web.code_why_{one['why']}", language())]
        for one in guides
    ]
    value = {
        "code_id": code.code_id, "name": code.draft.name, "kind": code.draft.kind, "state": code.state, "qr_code": code.qr_code,
        "url": code.url, "error": code.tell_error, "days": _PERIOD.days, "now": stand.users, "guides": guides, "funnel": funnel,
    }  # fmt: skip
    report(args, value, [f"{code.draft.name}  {code.state}  {code.qr_code or code.url or '-'}", *table(head, rows, right=[1, 2])])
    return 0


def run_make(args: argparse.Namespace) -> int:
    """Keep a new code; WeCom is told by the next `siyu work` or `siyu serve`."""
    guides = [*(_guide(one) for one in args.guide), *(CodeGuide(one, is_stand_in=True) for one in args.stand_in)]
    with opened(args) as ground, ground.db.tx() as conn:
        account_id = args.account or next((one.account_id for one in accounts(conn, VendorKind.WECOM) if one.state == AccountState.ON), 0)
        if not account_id:
            raise InputError(word("cli.code_no_account"), word("cli.code_no_account_remedy"), field="account")
        draft = Draft(
            args.name, account_id, CodeKind(args.kind), guides=tuple(guides), rotation=Rotation(args.rotation), cost_minor=args.cost,
            welcomes=(Welcome(args.welcome),) if args.welcome else (), chats=tuple(args.chat),
        )  # fmt: skip
        code = growth.make(ground, conn, draft, by="cli")
    report(
        args, {"code_id": code.code_id, "name": args.name, "state": code.state}, [word("cli.code_made", name=args.name, id=code.code_id)]
    )
    return 0


def _guide(written: str) -> CodeGuide:
    name, _, cap = written.partition(":")
    if cap and not cap.isdigit():
        raise InputError(word("cli.code_cap_wrong", given=cap), word("cli.code_guide"), field="guide")
    return CodeGuide(name, daily_cap=int(cap) if cap else None)
